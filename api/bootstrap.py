"""The composition root: settings become working parts. Heavy libraries are imported when a part is first needed."""

import logging
import re
import threading
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from api import answering, parts
from api.databases import Databases
from api.lost_index import check_lost
from api.named_locks import NamedLocks
from api.settings import Settings
from api.traces.making import trace_of
from api.traces.recorder import Recorder
from api.tuned import Abstention, forget_tuned
from api.upkeep import ENOUGH_CHUNKS, Regularly, Upkeep
from generation.answerer import RagAnswerer
from generation.ports import ContextPacker, EvidenceScorer, Verifier
from ingest.errors import CitewellError, IndexLockedError, InvalidError, NotFoundError, UnavailableError
from ingest.pipeline import Ingestor
from ingest.ports import Embedder
from ingest.types import Section
from retrieval.ports import Searcher, Store
from retrieval.searcher import HybridSearcher

if TYPE_CHECKING:
    from generation.evidence import SentenceEvidence
    from ingest.isolation import IsolatedParser

_log = logging.getLogger(__name__)
FORGET_EVERY_S = 600.0
AT_START = 32
"""Collections: each takes a quarter of a second to open, threads and memory."""
_COLLECTION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Collection:
    """One knowledge base, opened. `tuned`: the weight of the dense branch that was fitted to it; `abstention`: what
    decides there about refusals in place of the settings."""

    name: str
    store: Store
    ingestor: Ingestor
    hybrid: HybridSearcher
    searcher: Searcher
    answerer: RagAnswerer
    tuned: float | None = None
    abstention: Abstention | None = None


class Services(Databases):
    """Everything a process needs, built on first use and closed together. Safe to use from several threads.

    Args:
        embedder: used instead of the model that the settings name.
    """

    def __init__(
        self,
        settings: Settings,
        new_trace_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        embedder: Embedder | None = None,
    ) -> None:
        super().__init__(settings, embedder)
        self.new_trace_id = new_trace_id
        self._collections: dict[str, Collection] = {}
        self._opening, self._stopping, self._serving = NamedLocks(), threading.Event(), False
        self._building = threading.RLock()  # of the parts that all collections share
        self.upkeep = Upkeep(self.tidy)
        kept = settings.traces
        self.recorder = Recorder(
            lambda: self.journals,
            lambda course: trace_of(self, course),
            kept.enabled,
            timedelta(days=kept.keep_days),
            timedelta(days=kept.keep_feedback_days),
        )
        self._forgetting = Regularly(lambda: self.forget(self._stopping.is_set), FORGET_EVERY_S)

    @cached_property
    def packer(self) -> ContextPacker:
        return answering.build_packer(self.settings.answers, self.language_model, self.catalog, self._closing)

    @cached_property
    def _parser(self) -> "IsolatedParser":
        from ingest.isolation import IsolatedParser
        from ingest.parsers.routing import RoutingParser

        chosen = self.settings.ingestion
        return IsolatedParser(RoutingParser(), chosen.parse_timeout_s, chosen.workers)

    def exists(self, name: str) -> bool:
        """Also where it holds nothing, or nothing any more."""
        if self.settings.catalog.url is None and not self._sqlite.exists():
            return False  # asking must not make a data folder
        return self.library.stores.shared(name) or parts.has_store(self.settings, name, self.settings.data)

    def collection(self, name: str, create: bool = False) -> Collection:
        """Open a collection, or make it.

        Raises:
            NotFoundError: there is none of this name and `create` is false.
            IndexLockedError, IndexMismatchError, UnavailableError: as the store says.
        """
        if opened := self.at_hand(name):
            if not (create and opened.store.gone()):
                return opened
            self.let_go(opened)
        with self._opening.hold(name):
            if name not in self._collections:
                if not _COLLECTION_NAME.fullmatch(name):
                    raise InvalidError(
                        f"{name!r} cannot name a collection; use up to 64 letters, digits, '-' and '_', "
                        f"starting with a letter or digit."
                    )
                if not create:
                    self.require(name)
                found = self._serving and (not create or self.exists(name))
                self._collections[name] = self._open(name, writing=create)
                if found:
                    self.upkeep.written(name, ENOUGH_CHUNKS)  # nobody knows what the last process left to do
            return self._collections[name]

    def at_hand(self, name: str) -> Collection | None:
        """A collection that is open already, without waiting for one that another thread is opening."""
        return self._collections.get(name)

    def require(self, name: str) -> None:
        """Raises NotFoundError where there is no collection of this name."""
        if not self.exists(name):
            raise NotFoundError(
                f"There is no collection {name!r} in {self.settings.data}; ingest documents into it first, "
                "or name another collection or data folder."
            )

    def drop(self, name: str) -> None:
        """Delete the index of a collection that has no documents; whoever just reads it gets an error."""
        with self._opening.hold(name), self.catalog.writing(name):
            if not self.catalog.count(name):
                opened = self.collection(name, create=True)
                try:
                    opened.store.drop()
                finally:
                    self.let_go(opened)
                forget_tuned(self.data, name)

    def let_go(self, opened: Collection) -> None:
        """Close one whose index is gone; whoever asks for it next is told so, or makes it anew."""
        with self._opening.hold(opened.name):
            if self.at_hand(opened.name) is opened:
                del self._collections[opened.name]
        opened.store.close()

    def parse(self, path: Path) -> list[Section]:
        with self._building:
            parser = self._parser
        return parser.parse(path)

    def opened(self) -> list[Collection]:
        return list(self._collections.values())

    def warm_up(self) -> None:
        """Load the models and open the first `AT_START` collections, so that requests find them; others are opened when
        somebody asks for them. One that cannot be opened is logged, and tried again then.

        Raises:
            IndexLockedError: another process owns the data folder.
        """
        self.embedder.embed_query("warm up")
        if self.language_model:
            self.language_model.loaded()
        self._serving = True
        for name, error in self.open_all().items():
            _log.warning("The collection %r is not served: %s", name, error)
        self.recorder.start()
        self._forgetting.start()

    def open_all(self) -> dict[str, CitewellError]:
        """Open what the catalog lists, until `AT_START` are open; why some cannot be. Raises IndexLockedError."""
        failed: dict[str, CitewellError] = {}
        for name in self.catalog.collections():
            if len(self._collections) >= AT_START:
                break
            try:
                self.collection(name)
            except IndexLockedError:
                raise
            except CitewellError as error:
                failed[name] = error
        return failed

    def tidy(self, name: str) -> None:
        """Finish what a crash interrupted and build the indexes of an open collection; readers go on."""
        if collection := self.at_hand(name):
            with suppress(IndexLockedError):  # a process that writes does the first part by itself
                collection.ingestor.recover()
            collection.store.optimize()

    def stop(self) -> None:
        """Break off what is being ingested, at the next batch; it is taken up or sent again later."""
        self._stopping.set()
        if "_parser" in self.__dict__:
            self._parser.close()

    def _proceed(self) -> None:
        if self._stopping.is_set():
            raise UnavailableError("The server stops; send it again once it runs.")

    def close(self) -> None:
        """All of it, also where a part of it fails."""
        self._stopping.set()
        self._forgetting.close()
        tidied = self.upkeep.close()
        self.recorder.close()
        with ExitStack() as closing:  # from the last to the first
            closing.callback(self._closing.close)
            if "catalog" in self.__dict__:
                closing.callback(self.catalog.close)
            if "_parser" in self.__dict__:
                closing.callback(self._parser.close)
            for collection in self.opened():
                if collection.name != tidied:  # that one is left to the end of the process: its log makes it whole
                    closing.callback(collection.store.close)
            self._collections.clear()

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _open(self, name: str, writing: bool) -> Collection:
        with self._building:
            embedder = self.embedder
        store = parts.store(self.settings, name, self.data, embedder)
        try:
            check_lost(self.catalog, name, store, writing)
            with self._building:
                return self._built(name, store)
        except BaseException:
            store.close()
            raise

    def _built(self, name: str, store: Store) -> Collection:
        tuned = parts.tuned_weight(self.settings, self.data, name)
        hybrid = parts.hybrid_searcher(self.settings, store, self.embedder, self.catalog, tuned)
        searcher = self.searcher(store, hybrid)
        fitted = parts.tuned_abstention(self.settings, self.data, name)
        threshold = fitted.min_confidence if fitted else self.settings.answers.min_confidence
        evidence = answering.calibrated(self.evidence(store), store, fitted)
        return Collection(
            name,
            store,
            parts.ingestor(self.settings, name, store, self._parser, self.embedder, self.catalog, self._proceed),
            hybrid,
            searcher,
            self.answerer(store, searcher, threshold, evidence),
            tuned,
            fitted,
        )

    def searcher(self, store: Store, hybrid: HybridSearcher) -> Searcher:
        """What the settings put round the search of both branches."""
        return parts.searcher(self.settings, store, hybrid, self.catalog, self.reranker)

    def evidence(self, store: Store) -> "SentenceEvidence":
        return answering.build_evidence(self.embedder, store, self.cross_encoder)

    def answerer(
        self, store: Store, searcher: Searcher, min_confidence: float, evidence: EvidenceScorer | None = None
    ) -> RagAnswerer:
        """`evidence`: weighs in place of what the settings ask for."""
        return RagAnswerer(
            searcher=searcher,
            packer=self.packer,
            evidence=evidence or self.evidence(store),
            generator=self.generator,
            verifier=self._verifier(store),
            sections=self.catalog,
            min_confidence=min_confidence,
            new_trace_id=self.new_trace_id,
            conflicts=answering.build_conflicts(self.settings.answers, store.terms),
            max_sentences=self.settings.answers.max_sentences,
        )

    def _verifier(self, store: Store) -> Verifier | None:
        """None for a generator that can only quote."""
        if self.settings.answers.generator == "extractive":
            return None
        return answering.build_verifier(store.terms, self.entailment)
