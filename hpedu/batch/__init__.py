"""Runs the report notebooks through papermill and publishes the pages."""
