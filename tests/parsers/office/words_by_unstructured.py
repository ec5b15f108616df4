"""Print the words that `unstructured` finds in Office files: `python FILE FOLDER NAME…`.

It prints a JSON object of lists by name. It runs as a process of its own because it hides torch
and transformers from spaCy, which imports them and uses neither: that saves two thirds of the time.
"""

import json
import re
import sys
import warnings
from pathlib import Path


def main(folder: Path, names: list[str]) -> None:
    warnings.simplefilter("ignore")
    sys.modules.update(dict.fromkeys(("torch", "transformers")))  # type: ignore[arg-type]
    import spacy
    from unstructured.nlp import tokenize
    from unstructured.partition.docx import partition_docx
    from unstructured.partition.pptx import partition_pptx

    # unstructured would download a model at run time; a blank one splits sentences well enough to
    # find words.
    model = spacy.blank("en")
    model.add_pipe("sentencizer")
    tokenize._load_spacy_model = lambda *_: model
    words = {}
    for name in names:
        partition = partition_docx if name.endswith(".docx") else partition_pptx
        elements = partition(str(folder / name), languages=["eng"])
        text = "\n".join(element.text for element in elements)
        words[name] = sorted(set(re.findall(r"\w+", text)))
    print(json.dumps(words))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
