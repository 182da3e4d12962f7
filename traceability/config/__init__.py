"""The project put together: settings, addresses, Celery, the command line, the demo and its story.

The one place that knows every app, and that no app knows.
"""
