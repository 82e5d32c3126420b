"""Small language models with tokenizer and chat template, saved to folders: real ones, whose weights are made up."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_HEADS = 4


def random_model(folder: Path, window: int = 4096) -> Path:
    """Every token hangs on all before it."""
    tokenizer = _tokenizer(())
    torch.manual_seed(1)
    config = _config(tokenizer, 64, window)
    config.initializer_range = 0.2
    return _saved(folder, tokenizer, LlamaForCausalLM(config))


def reciting_model(folder: Path, *pieces: str, window: int = 4096, opening: str = "") -> Path:
    """Says `pieces`, each a token, whatever it is asked: the network looks at the last token alone.

    Args:
        opening: what the chat template begins each answer with; a line break follows.
    """
    tokenizer = _tokenizer(pieces)
    tokenizer.chat_template = _TEMPLATE.replace("assistant\n", f"assistant\n{opening}\n" if opening else "assistant\n")
    network = LlamaForCausalLM(_config(tokenizer, -(-len(tokenizer) // 8) * 8, window))
    (first,) = tokenizer.encode("\n")
    said = [one for piece in pieces for one in tokenizer.encode(piece)]
    with torch.no_grad():
        for layer in network.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        network.model.embed_tokens.weight.copy_(torch.eye(len(tokenizer), network.config.hidden_size))
        network.lm_head.weight.zero_()
        for before, after in zip([first, *said], [*said, tokenizer.eos_token_id], strict=True):
            network.lm_head.weight[after, before] = 1
    return _saved(folder, tokenizer, network)


def _tokenizer(pieces: Sequence[str]) -> PreTrainedTokenizerFast:
    """A token a byte, and one for each piece of several characters."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytewise = Tokenizer(BPE(vocab={letter: place for place, letter in enumerate(alphabet)}, merges=[]))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    bytewise.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    bytewise.add_tokens([piece for piece in pieces if len(piece) > 1])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=bytewise, eos_token="<|im_end|>", pad_token="<|im_end|>", chat_template=_TEMPLATE
    )


def _config(tokenizer: PreTrainedTokenizerFast, width: int, window: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=_HEADS,
        num_key_value_heads=_HEADS // 2,
        max_position_embeddings=window,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=None,
        tie_word_embeddings=False,
    )


def _saved(folder: Path, tokenizer: PreTrainedTokenizerFast, network: LlamaForCausalLM) -> Path:
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
