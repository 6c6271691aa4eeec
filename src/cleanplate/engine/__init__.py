"""Stages put together: files in, files out, with progress, cancelling and reports."""
