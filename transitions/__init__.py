"""The transition of a peace operation as stateful workflows: a package of small Django apps, one room each."""
