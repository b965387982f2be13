"""Runs BPMN processes on SpiffWorkflow; knows no instrument, no page, no sensor."""
