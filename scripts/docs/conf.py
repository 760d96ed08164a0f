# SPDX-License-Identifier: GPL-2.0
"""
How "make docs" has Sphinx make HTML of Documentation/. It does not stand there: a kernel
tree has a conf.py of its own, whose extension automarkup makes links of the names of
pages too. Names it would drop in silence are warnings here, and "make docs" ends with them.

Copyright (C) 2026 The paravirq authors
"""
# The names are Sphinx's, upper case or not: pylint: disable=invalid-name
import posixpath
import re

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform

project = 'paravirq'
author = copyright = 'The paravirq authors'     # pylint: disable=redefined-builtin
root_doc = 'virt/paravirq/index'
highlight_language = 'none'
smartquotes = False
html_static_path = ['static']
html_copy_source = False
html_sidebars = {'**': ['about.html', 'navigation.html', 'searchbox.html']}
html_theme_options = {'page_width': '1160px', 'fixed_sidebar': False}

PAGE = re.compile(r'(Documentation/)?\b([\w./-]+)\.rst\b')


class Links(SphinxTransform):
    """The path of a page in text, from Documentation/ or from the page that names it."""
    default_priority = 210

    def apply(self, **kwargs):
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, (nodes.FixedTextElement, nodes.literal, nodes.reference)):
                continue
            parts, done = [], 0
            for match in PAGE.finditer(text):
                path = match[2] if match[1] is None else posixpath.join('/', match[2])
                link = pending_xref('', nodes.inline('', match[0]), refdomain='std',
                                    reftype='doc', reftarget=path, refexplicit=False,
                                    refwarn=True, refdoc=self.env.docname)
                link.source, link.line = text.parent.source, text.parent.line
                parts += [nodes.Text(text[done:match.start()]), link]
                done = match.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(text[done:])])


def setup(app):
    """Called by Sphinx."""
    app.add_transform(Links)
