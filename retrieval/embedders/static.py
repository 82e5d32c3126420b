"""A static model out of a transformer: a vector for every token of its vocabulary, and no network to run at query time.

The recipe is model2vec's (Tulkens and van Dongen, "Model2Vec: Fast State-of-the-Art Static Embeddings", 2024): each
token goes through the model alone, the vectors are reduced by PCA, and each is weighted by smooth inverse frequency
(Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", 2017), where the frequency is
guessed by Zipf's law from the rank of the token in the vocabulary. Vocabularies stand in the order of frequency, except
for markers and single characters of other scripts, which stand first in BERT's: those are ranked last.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from sklearn.decomposition import PCA
from tokenizers import Tokenizer

from ingest.errors import SettingsError
from retrieval.embedders.local import fast_tokenizer, folder_of, load_model
from retrieval.embedders.tokens import unlimited
from retrieval.embedders.weights import deciding_files, made_once, recipe_key
from retrieval.hardware import choose_device

DIMENSIONS = 256
SIF = 1e-4
RECIPE = f"static 1, {DIMENSIONS} dimensions, sif {SIF}"
"""Raise the number where the vectors would come out otherwise: it is part of the model's identity."""
_BATCH = 256


def distilled(model: str, models: Path, device: str = "auto") -> tuple[Path, str]:
    """Folder under `models` with the static model of `model`, made where it is not there yet; and its name.

    Raises:
        SettingsError: the model is static already, or torch has no such device.
        UnavailableError: it cannot be loaded, or the disk refuses.
    """
    key = recipe_key(deciding_files(folder_of(model)), RECIPE)
    chosen = choose_device(device)
    folder = made_once(models / f"static-{key}", lambda draft: _make(load_model(model, chosen, "float32"), draft))
    return folder, f"{model}, static {key}"


def _make(model: SentenceTransformer, folder: Path) -> None:
    if isinstance(model[0], StaticEmbedding):
        raise SettingsError("embedding.model is a static model already; set embedding.runtime to torch.")
    tokenizer = unlimited(fast_tokenizer(model))
    weights = static_weights(_token_vectors(model.eval(), tokenizer), _ranks(tokenizer))
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    SentenceTransformer(modules=[static], device="cpu").save(str(folder), create_model_card=False)


def static_weights(vectors: NDArray[np.float32], ranks: NDArray[np.int64]) -> NDArray[np.float32]:
    """Shape (vocabulary, dimension) and each token's rank by frequency from 0 -> (vocabulary, `DIMENSIONS` or less)."""
    kept = min(DIMENSIONS, *vectors.shape)
    reduced = PCA(kept, svd_solver="covariance_eigh").fit_transform(vectors)
    chance = 1 / (ranks + 2)
    weight = SIF / (SIF + chance / chance.sum())
    return np.asarray(reduced * weight[:, np.newaxis], np.float32)


def _ranks(tokenizer: Tokenizer) -> NDArray[np.int64]:
    order = sorted(range(tokenizer.get_vocab_size()), key=lambda number: (_late(tokenizer.id_to_token(number)), number))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _late(token: str | None) -> bool:
    """True for markers ("[CLS]", "<s>") and single characters beyond ASCII."""
    text = (token or "").removeprefix("##").removeprefix("▁")
    marker = len(text) > 2 and text[0] + text[-1] in ("[]", "<>")
    return not text or marker or (len(text) == 1 and not text.isascii())


def _token_vectors(model: SentenceTransformer, tokenizer: Tokenizer) -> NDArray[np.float32]:
    """Shape (vocabulary, dimension): what the model makes of each token between its special tokens."""
    whole, bare = tokenizer.encode("a").ids, tokenizer.encode("a", add_special_tokens=False).ids
    start = whole.index(bare[0])
    before, after = whole[:start], whole[start + len(bare) :]
    rows = torch.tensor([[*before, number, *after] for number in range(tokenizer.get_vocab_size())])
    with torch.inference_mode():
        found = [_pooled(model, part) for part in torch.split(rows, _BATCH)]
    return np.concatenate(found)


def _pooled(model: SentenceTransformer, ids: torch.Tensor) -> NDArray[np.float32]:
    ids = ids.to(model.device)
    vectors: torch.Tensor = model({"input_ids": ids, "attention_mask": torch.ones_like(ids)})["sentence_embedding"]
    return np.asarray(vectors.float().cpu().numpy(), np.float32)
