"""The services: use cases, dispatcher, loops, command line, settings. The only room that knows all the others."""
