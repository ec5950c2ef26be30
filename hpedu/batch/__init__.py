"""Run the report notebooks through papermill and publish their pages."""
