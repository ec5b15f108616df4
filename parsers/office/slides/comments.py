"""Read comments on slides, in the legacy and the modern notation of PowerPoint."""

from collections.abc import Iterator

from pptx.opc.package import Part
from pptx.slide import Slide

from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.xml.tree import Xml, attribute, name_of, parse_xml


def comments(slide: Slide) -> Iterator[tuple[str, str]]:
    """Yield author and text of each comment on a slide and of each reply."""
    main = slide.part.package.main_document_part
    authors = {
        attribute(author, "id") or "": attribute(author, "name") or "unknown"
        for root in [*_related(main, "commentAuthors"), *_related(main, "authors")]
        for author in root
    }
    for root in _related(slide.part, "comments"):
        for node in root.iter():
            if name_of(node) in {"cm", "reply"} and (text := one_line(_own_text(node))):
                yield authors.get(attribute(node, "authorId") or "", "unknown"), text


def _related(part: Part, kind: str) -> Iterator[Xml]:
    """Yield the roots of the parts that `part` refers to by a kind."""
    for relationship in part.rels.values():
        if relationship.reltype.rpartition("/")[2] == kind and not relationship.is_external:
            target = relationship.target_part
            yield parse_xml(
                target.blob, f"the part {target.partname} of the file", remove_comments=True
            )


def _own_text(comment: Xml) -> str:
    """Return the text of a comment without its replies, which are its descendants."""
    texts = []
    for node in comment:
        if name_of(node) == "text":
            texts.append(node.text or "")
        elif name_of(node) == "txBody":
            paragraphs = (element for element in node.iter() if name_of(element) == "p")
            texts += [
                "".join(run.text or "" for run in paragraph.iter() if name_of(run) == "t")
                for paragraph in paragraphs
            ]
    return " ".join(texts)
