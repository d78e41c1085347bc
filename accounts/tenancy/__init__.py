"""The tenant wall: one base class for each face, so that no query, page or view goes around it."""
