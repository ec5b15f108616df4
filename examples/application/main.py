"""Update the index and answer a question: `python main.py "QUESTION"`."""

import sys

from index import answer, update

if __name__ == "__main__":
    print(update())
    best = answer(sys.argv[1])
    print(f"{best.citation}:\n{best.text}")
