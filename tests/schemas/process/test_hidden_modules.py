"""Modules that are hidden while a library is imported, and are there again afterwards."""

import importlib

import pytest

from vouch.schemas.process.hidden_modules import hidden


def test_modules_that_are_hidden_from_a_library_can_be_imported_afterwards():
    with hidden("tabnanny"), pytest.raises(ImportError):
        importlib.import_module("tabnanny")
    importlib.import_module("tabnanny")
