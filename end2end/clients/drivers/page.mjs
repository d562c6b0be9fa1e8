// A client in a page of Chromium, on a site of the tenant's own: another origin than the server's.
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../../node_modules', import.meta.url));
const drivers = fileURLToPath(new URL('.', import.meta.url));

// Where a bare name of an import lies, for the browser.
const IMPORTS = {
  phoenix: '/npm/phoenix/priv/static/phoenix.mjs',
  '@supabase/phoenix': '/npm/@supabase/phoenix/priv/static/phoenix.mjs',
  '@supabase/realtime-js': '/npm/@supabase/realtime-js/dist/module/index.js',
  tslib: '/npm/tslib/tslib.es6.mjs',
};

// A driver's `start` for a client that runs in a page of `browser`, at `options.site`.
export function inPage(browser, library, driver) {
  return async ({ site, ...options }, feed) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await context.route(`${site}/**`, (route) => answer(route));
    await page.exposeFunction('feed', feed);
    await page.goto(`${site}/a-customers-page`);
    const module = `/drivers/${driver}.mjs`;
    const start = `import * as library from '${library}'; import { start } from '${module}'; window.driver = start(library, ${JSON.stringify(options)}, window.feed);`;
    await page.addScriptTag({ type: 'module', content: start });
    await page.waitForFunction(() => window.driver);
    const command = (name) => (...given) => page.evaluate(([name, given]) => window.driver[name](...given), [name, given]);
    const driven = Object.fromEntries(['join', 'say', 'post', 'track', 'untrack', 'renew', 'leave'].map((name) => [name, command(name)]));
    driven.stop = () => context.close();
    return driven;
  };
}

async function answer(route) {
  const { pathname } = new URL(route.request().url());
  if (pathname === '/a-customers-page') {
    const map = `<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;
    return route.fulfill({ contentType: 'text/html', body: `<!doctype html><html lang="en"><title>A customer's page</title>${map}` });
  }
  const file = pathname.replace(/^\/npm/, packages).replace(/^\/drivers\//, drivers);
  if (file === pathname) return route.fulfill({ status: 404, body: '' });
  // The package's own imports leave the extension out.
  const body = await readFile(extname(file).endsWith('js') ? file : `${file}.js`);
  return route.fulfill({ contentType: 'text/javascript', body });
}
