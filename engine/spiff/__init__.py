"""The only room that knows SpiffWorkflow: parser, specs, serialisation."""
