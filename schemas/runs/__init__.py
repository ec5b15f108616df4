"""The record of a run: its verdict with checks, approvals and history."""
