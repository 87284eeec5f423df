// One HTML file with a heading, links to its sections and the sections: the shape of every page. All text is markup already.

/** id, heading, body. */
export type PageSection = readonly [id: string, heading: string, body: string];

export interface PageShell {
  /** Content security policy. */
  readonly policy: string;
  readonly title: string;
  readonly style: string;
  readonly script: string;
  readonly heading: string;
  readonly lead: string;
  readonly sections: readonly PageSection[];
}

export function pageShell({policy, title, style, script, heading: pageHeading, lead, sections}: PageShell): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${pageHeading}</h1>
<p class="soft">${lead}</p>
</header>
<nav aria-label="Sections"><ul>${sections.map(([id, heading]) => `<li><a href="#${id}">${heading}</a></li>`).join('')}</ul></nav>
<main>
${sections.map(([id, heading, body]) => `<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${heading}</h2>${body}</section>`).join('\n')}
</main>
<script>${script}</script>
</body>
</html>
`;
}
