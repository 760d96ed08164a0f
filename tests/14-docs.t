#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
"make docs": Sphinx has no warning, each link inside the pages leads somewhere, the name of
a page in text is a link, and pictures fit a screen of 400 pixels. So do links of README.md
and CONTRIBUTING.md lead somewhere, and patterns of MAINTAINERS. Boots nothing; works in
build/docs.

Copyright (C) 2026 The paravirq authors
"""
import glob
import html.parser
import os
import re
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))
import guest  # noqa: E402

ROOT = guest.boot.ROOT
OUT = os.path.join(guest.boot.BUILD, 'docs')


class Page(html.parser.HTMLParser):
    """What a page refers to, its anchors, and its text outside code."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors, self.text, self.code = [], set(), '', 0
        with open(path, encoding='utf-8') as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.links += [attrs[name] for name in ('href', 'src') if attrs.get(name)]
        self.anchors.add(attrs.get('id'))
        self.code += tag in ('code', 'pre', 'script')

    def handle_endtag(self, tag):
        self.code -= tag in ('code', 'pre', 'script')

    def handle_data(self, data):
        self.text += data * (not self.code)


run = subprocess.run(['make', '-s', 'docs'], cwd=ROOT, text=True, check=False,
                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
guest.equal((run.returncode, re.findall('.*(?:WARNING|ERROR).*', run.stdout)), (0, []),
            'Sphinx is content')
guest.note(run.stdout if run.returncode else '')

pages = {path: Page(path) for path in glob.glob(f'{OUT}/**/*.html', recursive=True)}
sources = glob.glob(f'{ROOT}/Documentation/**/*.rst', recursive=True)
names = [f'{OUT}/{os.path.relpath(path, ROOT + "/Documentation")[:-4]}.html' for path in sources]
guest.equal([name for name in names if name not in pages], [], f'{len(names)} pages')
links = [(path, urllib.parse.urlsplit(link)) for path in names if path in pages
         for link in pages[path].links if not urllib.parse.urlsplit(link).scheme]
lost = []
for path, link in links:
    target = os.path.normpath(os.path.join(os.path.dirname(path), link.path)) if link.path else path
    if not os.path.exists(target) or (target in pages and link.fragment and
                                      link.fragment not in pages[target].anchors):
        lost.append(f'{os.path.relpath(path, OUT)}: {link.geturl()}')
guest.ok(links and not lost, f'{len(links)} links lead somewhere')
guest.note('\n'.join(lost))
guest.equal([(os.path.relpath(path, OUT), word) for path in names if path in pages
             for word in re.findall(r'\S+\.rst\b', pages[path].text)], [],
            'what names a page is a link')

pictures = glob.glob(f'{ROOT}/Documentation/**/*.svg', recursive=True)
guest.equal([path for path in pictures if not 300 <= int(
    xml.etree.ElementTree.parse(path).getroot().get('width')) <= 380], [],
            f'{len(pictures)} pictures can be read at 400 pixels')

for name in 'README.md', 'CONTRIBUTING.md':
    with open(f'{ROOT}/{name}', encoding='utf-8') as file:
        found = [link.partition('#')[0] for link in re.findall(r'\]\(([^)]*)\)', file.read())
                 if not urllib.parse.urlsplit(link).scheme]
    guest.equal([link for link in found if not os.path.exists(f'{ROOT}/{link}')], [],
                f'{name}: {len(found)} links lead somewhere')
with open(f'{ROOT}/MAINTAINERS', encoding='utf-8') as file:
    patterns = re.findall(r'^F:\t(.*)', file.read(), re.M)
guest.equal([pattern for pattern in patterns if not glob.glob(f'{ROOT}/{pattern}')], [],
            f'MAINTAINERS: {len(patterns)} patterns lead somewhere')
guest.done()
