/** The documentation of the API as one page without any asset from elsewhere: it reads /openapi.json and lists it. */
export const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Holdfast API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1f24; }
  code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
  pre { background: #f4f5f7; padding: 0.75rem; overflow: auto; border-radius: 4px; }
  summary { cursor: pointer; padding: 0.3rem 0; }
  .method { display: inline-block; min-width: 4.5rem; font-weight: 600; }
  @media (prefers-color-scheme: dark) { body { background: #16181c; color: #e6e8eb; } pre { background: #22262c; } }
</style>
</head>
<body>
<h1>Holdfast API</h1>
<p>Generated from the schemas that validate. The document itself: <a href="/openapi.json">/openapi.json</a>.</p>
<main id="routes">Loading…</main>
<script>
  const make = (tag, text) => { const e = document.createElement(tag); if (text) e.textContent = text; return e; };
  fetch('/openapi.json').then((r) => r.json()).then((api) => {
    const main = document.getElementById('routes');
    main.textContent = '';
    for (const [path, methods] of Object.entries(api.paths).sort()) {
      for (const [method, route] of Object.entries(methods)) {
        const box = make('details');
        const head = make('summary');
        const word = make('span', method.toUpperCase());
        word.className = 'method';
        head.append(word, make('code', path), make('span', ' — ' + (route.summary || '')));
        const texts = (of) => Object.fromEntries(Object.entries(of).map(([key, one]) => [key, one.description]));
        const shown = {
          parameters: route.parameters, requestBody: route.requestBody, responses: texts(route.responses)
        };
        box.append(head, make('pre', JSON.stringify(shown, null, 1)));
        main.append(box);
      }
    }
    main.append(make('h2', 'Schemas'), make('pre', JSON.stringify(api.components && api.components.schemas, null, 1)));
  });
</script>
</body>
</html>
`;
