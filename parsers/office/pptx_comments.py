"""Comments on slides, in the notation of old and of new PowerPoint."""

from collections.abc import Iterator

from lxml import etree
from pptx.opc.package import Part
from pptx.slide import Slide

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.xml_tree import Xml, attribute, name_of


def comments(slide: Slide) -> Iterator[tuple[str, str]]:
    """Author and text of each comment of a slide and of each answer to one."""
    authors = _authors(slide.part.package.main_document_part)
    for root in _related(slide.part, "comments"):
        for one in root.iter():
            if name_of(one) in {"cm", "reply"} and (text := one_line(_own_text(one))):
                yield authors.get(attribute(one, "authorId") or "", "unknown"), text


def _authors(main: Part) -> dict[str, str]:
    roots = [*_related(main, "commentAuthors"), *_related(main, "authors")]
    return {
        attribute(one, "id") or "": attribute(one, "name") or "unknown"
        for root in roots
        for one in root
    }


def _related(part: Part, kind: str) -> Iterator[Xml]:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    for relationship in part.rels.values():
        if relationship.reltype.rpartition("/")[2] == kind and not relationship.is_external:
            yield etree.fromstring(relationship.target_part.blob, parser)


def _own_text(comment: Xml) -> str:
    """What a comment says, without its answers."""
    texts = []
    for one in comment:
        if name_of(one) == "text":
            texts.append(one.text or "")
        elif name_of(one) == "txBody":
            paragraphs = (paragraph for paragraph in one.iter() if name_of(paragraph) == "p")
            texts += [
                "".join(run.text or "" for run in each.iter() if name_of(run) == "t")
                for each in paragraphs
            ]
    return " ".join(texts)
