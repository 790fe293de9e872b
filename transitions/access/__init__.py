"""Who is who and who may: people, roles, grants, markings, tokens."""
