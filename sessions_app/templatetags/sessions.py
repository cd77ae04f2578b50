"""Template tags for sessions."""

from django import template

from sessions_app.cells import cells

register = template.Library()

register.simple_tag(cells)
