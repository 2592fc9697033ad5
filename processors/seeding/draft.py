"""A draft of a topic file: concepts, evidence, facets and weights out of what was found, with a note on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from config.topic import Seed
from core.words import count as counted
from processors.seeding.acts import Seen
from processors.seeding.background import Background
from processors.seeding.forms import name_term
from processors.seeding.grouping import Matter, Side, slug
from processors.seeding.names import BODY, PERSON, PLACE, STATE, Name
from processors.seeding.reading import Sentence
from processors.seeding.salience import Salience, salience
from processors.seeding.salient import Salient

Key = tuple[str | int, ...]
_SIDES: Final = 5  # the two that must meet, and others that share the seeds
_FACETS: Final = 3  # matters that are facets
_CONTEXT: Final = 30  # terms
_OFTEN: Final = 2  # occurrences of an act
_PARTS: Final = (("people", "its people", PERSON), ("places", "its places", PLACE), ("bodies", "its bodies", BODY))
_TELLING: Final = 5.0  # log-odds from which a place or body is taken for its state's
_ACRONYM: Final = 4  # letters; as short as that, capitals are asked for
_BOTH, _NEAR, _TITLE, _TOGETHER = 1.5, 1.0, 1.0, 1.5  # weights, in log-odds
_LEAST, _MOST = 0.5, 2.5  # the weights of matters
_SURE: Final = 6.0  # standard deviations that one unit of weight stands for


@dataclass(slots=True)
class Draft:
    """What was found, and the file as it is written."""

    language: str
    background: Background
    running: int  # words of the seeds
    seeds: int
    sentences: Sequence[Sentence]
    sides: Sequence[Side]  # the strongest first
    places: Sequence[Name]
    weapons: Sequence[Name]
    matters: Sequence[Matter]
    context: Sequence[Salient]
    acts: Sequence[Seen]
    notes: dict[Key, str] = field(default_factory=dict)
    _concepts: dict[str, Any] = field(default_factory=dict)
    _evidence: dict[str, Any] = field(default_factory=dict)
    _facets: dict[str, str] = field(default_factory=dict)

    def write(self, seeds: Sequence[Seed], topic: str) -> dict[str, Any]:
        """Give the file as plain data; fills `notes`."""
        actors = [self._side(side) for side in self.sides[:_SIDES]]
        matter_names = [self._matter(matter) for matter in self.matters]
        if matter_names:
            self._concept("matters", "any matter of the topic", any_of=matter_names)
        weapons = self._names("designations", "types by their designation", self.weapons)
        where = self._names(
            "places",
            "places where it happens",
            [each for each in self.places if self._standing(each).log_odds >= _TELLING],
        )
        context = self._context()
        acts = [self._act(seen) for seen in self.acts if seen.times >= _OFTEN]
        required = self._meeting(actors[:2])
        self._matter_evidence(matter_names, actors[:2])
        self._act_evidence(acts, matter_names)
        self._hints(weapons, where, context)
        self._others(actors[2:], actors[:2])
        label = self._label()
        return {
            "topic": topic or self._id(),
            "name": label,
            "description": "A proposal made from the seeds: read every term, drop what is chance, add what you know.",
            "seeds": [seed.model_dump() for seed in seeds],
            "facets": self._facets,
            "concepts": self._concepts,
            "evidence": self._evidence,
            "requires": [required] if required else [],
            "bias": self._bias(actors, matter_names),
        }

    def _label(self) -> str:
        about = [side.label for side in self.sides[:2]]
        words = [matter.label for matter in self.matters[:2]]
        return (", ".join([" and ".join(about), *words]) if about else ", ".join(words))[:200]

    def _id(self) -> str:
        words = [side.label for side in self.sides[:2]] or [matter.label for matter in self.matters[:2]]
        return slug(" ".join([*words, "topic"]), "new_topic").replace("_", "-")

    def _bias(self, actors: Sequence[str], matters: Sequence[str]) -> float:
        """Set it so that the sides in one sentence, with a matter of middling weight, make about one half."""
        meeting = (_BOTH + _NEAR) if len(actors) > 1 else _BOTH if actors else 0.0
        weights = sorted(self._evidence[f"speaks_of_{name}"]["weight"] for name in matters)
        return -(meeting + (weights[len(weights) // 2] + _TOGETHER if weights else 0.0))

    def _side(self, side: Side) -> str:
        """Make the concept of a side, and one of each kind of name that stands for it."""
        name = self._free(slug(side.label, f"side_{len(self._concepts) + 1}"))
        telling = [each for each in side.names if self._tells(each)]
        parts = []
        for suffix, says, kind in _PARTS:
            members = [each for each in telling if each.kind == kind]
            if members and len(members) < len(telling):
                parts.append(self._names(f"{name}_{suffix}", f"{side.label}, {says}", members))
        apart = {kind for _, _, kind in _PARTS} if parts else set()
        core = [each for each in telling if each.kind not in apart]
        self._concept(name, side.label, any_of=parts)
        self._terms(name, [(self._written(each), self._of_name(each)) for each in core])
        self.notes["concepts", name] = (
            f"{counted(side.times, 'mention')}; early in {side.fronted} of {counted(self.seeds, 'seed')}"
        )
        return name

    def _tells(self, name: Name) -> bool:
        """Tell whether a name stands for its state by itself: Vladivostok does, a cabinet doesn't."""
        if not name.state or name.kind in (STATE, PERSON):
            return True
        return self._standing(name).log_odds >= _TELLING

    def _standing(self, name: Name) -> Salience:
        rate = min(map(self.background.rate, name.words))
        return salience(name.times, self.running, rate, self.background.size)

    def _names(self, name: str, says: str, names: Sequence[Name]) -> str:
        """Make a concept of names; empty when there are none."""
        if not names:
            return ""
        name = self._free(name)
        self._concept(name, says)
        self._terms(name, [(self._written(each), self._of_name(each)) for each in names])
        return name

    def _matter(self, matter: Matter) -> str:
        name = self._free(slug(matter.label, f"matter_{len(self._concepts) + 1}"))
        self._concept(name, ", ".join(each.shown for each in matter.found[:3])[:300])
        self._terms(name, [(term, self._of_word(each)) for each in matter.found for term in each.terms])
        return name

    def _context(self) -> str:
        if not self.context:
            return ""
        name = self._free("context")
        self._concept(name, "other words that the seeds use more than general language does")
        self._terms(name, [(term, self._of_word(each)) for each in self.context[:_CONTEXT] for term in each.terms])
        return name

    def _act(self, seen: Seen) -> str:
        name = self._free(seen.act.name)
        self._concept(name, seen.act.says)
        ordered = sorted(seen.terms, key=lambda each: -each[1])
        self._terms(name, [(term, _of_act(number)) for term, number in ordered])
        return name

    def _concept(self, name: str, says: str, any_of: Sequence[str] = ()) -> None:
        self._concepts[name] = {"says": says} | ({"any_of": [*any_of]} if any_of else {})

    def _terms(self, name: str, terms: Sequence[tuple[str, str]]) -> None:
        """Give a concept its terms, each once, with notes."""
        noted = dict(reversed(terms))
        ordered = list(dict.fromkeys(term for term, _ in terms))
        self._concepts[name]["terms"] = {self.language: ordered}
        for number, term in enumerate(ordered):
            self.notes["concepts", name, "terms", self.language, number] = noted[term]

    def _of_name(self, name: Name) -> str:
        seeds = {self.sentences[mention.sentence].seed for mention in name.mentions}
        odds, z = self._standing(name)
        beside = sum(mention.state == name.state for mention in name.mentions) if name.kind != STATE else 0
        whose = f"; stands with {name.state} {counted(beside, 'time')}" if name.state and beside else ""
        return f"{name.kind}; {self._where(name.times, len(seeds))}; log-odds {odds:+.1f}, z {z:.1f}{whose}"

    def _of_word(self, found: Salient) -> str:
        return f"{self._where(found.times, found.seeds)}; log-odds {found.log_odds:+.1f}, z {found.z:.1f}"

    def _where(self, count: int, seeds: int) -> str:
        return f"{counted(count, 'time')} in {seeds} of {counted(self.seeds, 'seed')}"

    def _rule(self, name: str, says: str, when: dict[str, Any], weight: float, facet: str = "") -> str:
        self._evidence[name] = {"says": says, "when": when, "weight": weight} | ({"facet": facet} if facet else {})
        return name

    def _meeting(self, actors: Sequence[str]) -> str:
        """Write the evidence that the sides meet; return what an item must have."""
        labels = " and ".join(side.label for side in self.sides[:2])
        if not actors:
            return ""
        if len(actors) == 1:
            self._rule("in_title", f"{labels} is in the title", {"all": [*actors], "where": "title"}, _TITLE)
            return self._rule("named", f"names {labels}", {"all": [*actors]}, _BOTH)
        required = self._rule("both_sides", f"names {labels}", {"all": [*actors]}, _BOTH)
        self._rule("in_a_sentence", f"one sentence names {labels}", {"all": [*actors], "near": "sentence"}, _NEAR)
        self._rule("in_title", f"the title names {labels}", {"all": [*actors], "where": "title"}, _TITLE)
        return required

    def _matter_evidence(self, matters: Sequence[str], actors: Sequence[str]) -> None:
        for number, (name, matter) in enumerate(zip(matters, self.matters, strict=True)):
            facet = name if number < _FACETS else ""
            if facet:
                self._facets[facet] = self._concepts[name]["says"]
            weight = min(max(round(2 * matter.strength / _SURE) / 2, _LEAST), _MOST)
            self._rule(f"speaks_of_{name}", f"speaks of {matter.label}", {"all": [name]}, weight, facet)
            self.notes["evidence", f"speaks_of_{name}", "weight"] = (
                f"z {matter.strength:.1f} of its surest word, 0.5 for each {_SURE / 2:g}"
            )
        if matters:
            self._rule("matter_in_title", "the title speaks of a matter of the topic",
                       {"all": ["matters"], "where": "title"}, _TITLE)  # fmt: skip
        if matters and actors:
            self._rule("matter_near", "a side and a matter of the topic stand in one sentence",
                       {"all": ["matters", {"any": [*actors]}], "near": "sentence"}, _TOGETHER)  # fmt: skip

    def _act_evidence(self, acts: Sequence[str], matters: Sequence[str]) -> None:
        for name in acts:
            says = self._concepts[name]["says"]
            self._facets[name] = says
            if matters:
                self._rule(f"{name}_of_matter", f"{says}, and a matter of the topic in one sentence",
                           {"all": [name, "matters"], "near": "sentence"}, _LEAST, name)  # fmt: skip
            else:
                self._rule(f"act_{name}", says, {"all": [name]}, _LEAST, name)

    def _hints(self, *concepts: str) -> None:
        for name in filter(None, concepts):
            self._rule(f"has_{name}", f"has {self._concepts[name]['says']}", {"all": [name]}, _LEAST)

    def _others(self, others: Sequence[str], actors: Sequence[str]) -> None:
        """Write the evidence that the title is about somebody else."""
        if others and actors:
            self._rule("about_others", "the title names another side, and neither of the two",
                       {"any": [*others], "none": [*actors], "where": "title"}, -_TITLE)  # fmt: skip

    def _written(self, name: Name) -> str:
        short = name.shown.isalpha() and name.shown.isupper() and len(name.shown) <= _ACRONYM
        return f"={name.shown}" if short else name_term(name.shown, self.language)

    def _free(self, name: str) -> str:
        """Give the name, or one like it that no other concept or evidence has."""
        taken = {*self._concepts, *_RESERVED}
        options = (f"{name}_{number}" for number in range(2, len(taken) + 3))
        return name if name not in taken else next(each for each in options if each not in taken)


_RESERVED: Final = frozenset(
    "matters both_sides in_a_sentence in_title named matter_in_title matter_near about_others".split()  # noqa: SIM905
)


def _of_act(number: int) -> str:
    return f"general word; {counted(number, 'time')} in the seeds" if number else "general word, not in the seeds"
