import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

/** Debian's browser, without the sandbox that a container's root cannot have. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });

/** What can be seen of it: folded words do not count. */
// biome-ignore lint/performance/useDomNodeTextContent: textContent has what is hidden as well
export const seenText = (locator: Locator): Promise<string> => locator.innerText();

export interface Look {
  readonly language: 'en' | 'fr';
  readonly scheme: 'light' | 'dark';
  readonly width: number;
}

export async function openContext(
  browser: Browser,
  look: Look,
  options: { scripts: boolean },
): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: look.width, height: 844 },
    colorScheme: look.scheme,
    locale: look.language,
    javaScriptEnabled: options.scripts,
    reducedMotion: 'reduce',
  });
}

/**
 * What would keep somebody out of the page: a sentence per fault. Landmarks, headings, names of controls, contrast as painted (WCAG 2.2 AA),
 * size of targets, drawings that lead nowhere, and anything wider than the screen.
 */
export async function findFaults(page: Page): Promise<string[]> {
  const found = await page.evaluate(lookAround);
  return found.map((fault) => `${new URL(page.url()).pathname}: ${fault}`);
}

/** Runs inside the page, so it can use nothing from outside itself. */
function lookAround(): string[] {
  const faults: string[] = [];
  const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
  const isShown = (element: Element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const short = (element: Element) => element.outerHTML.replace(/\s+/g, ' ').slice(0, 120);

  if (!/^(en|fr)$/.test(document.documentElement.lang)) faults.push('no language');
  if (document.title.trim() === '') faults.push('no title');
  for (const landmark of ['main', 'body > header', 'footer', 'h1']) {
    const n = all(landmark).length;
    if (n !== 1) faults.push(`${n} × ${landmark}`);
  }
  for (const nav of all('nav, aside, [role=region]')) {
    if (!nav.getAttribute('aria-label') && !nav.getAttribute('aria-labelledby'))
      faults.push(`landmark without a name: ${short(nav)}`);
  }
  let level = 1;
  for (const heading of all('h1, h2, h3, h4, h5').filter((one) => !one.closest('.words'))) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) faults.push(`a level is skipped before: ${short(heading)}`);
    level = own;
  }
  const ids = all('[id]').map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`id twice: ${id}`);
  for (const element of all('[aria-describedby], [aria-labelledby]')) {
    const names = `${element.getAttribute('aria-describedby') ?? ''} ${element.getAttribute('aria-labelledby') ?? ''}`;
    for (const id of names.split(' ').filter(Boolean))
      if (!ids.includes(id)) faults.push(`${id} is nowhere: ${short(element)}`);
  }
  for (const use of all('use')) {
    const target = use.getAttribute('href') ?? '';
    if (!document.querySelector(target)) faults.push(`no drawing for ${target}`);
  }
  for (const image of all('img')) if (image.getAttribute('alt') === null) faults.push(`no words for ${short(image)}`);

  const nameOf = (element: HTMLElement) => {
    const label = element.getAttribute('aria-label');
    if (label !== null) return label.trim();
    const labels = (element as HTMLInputElement).labels;
    if (labels && labels.length > 0)
      return [...labels]
        .map((one) => one.textContent)
        .join('')
        .trim();
    return element.matches('input, select, textarea') ? '' : (element.textContent ?? '').trim();
  };
  for (const control of all('a[href], button, input:not([type=hidden]):not([hidden]), select, textarea, summary')) {
    if (control.getAttribute('aria-hidden') === 'true') continue;
    if (nameOf(control) === '') faults.push(`no name: ${short(control)}`);
    if (!isShown(control) || control.closest('.words, blockquote') || control.matches('.hidden')) continue;
    const box = control.getBoundingClientRect();
    const isInSentence = control.matches('a') && getComputedStyle(control).display === 'inline';
    const isLabelled = control.matches('[type=checkbox], [type=radio]');
    if (!isInSentence && !isLabelled && (box.width < 24 || box.height < 24)) {
      faults.push(`too small to touch (${Math.round(box.width)} × ${Math.round(box.height)}): ${short(control)}`);
    }
  }

  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  canvas.canvas.width = canvas.canvas.height = 1;
  const paint = (colour: string): [number, number, number, number] => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r!, g!, b!, a!];
  };
  const light = ([r, g, b]: readonly number[]) => {
    const [x, y, z] = [r!, g!, b!].map((v) =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * x! + 0.7152 * y! + 0.0722 * z!;
  };
  const groundOf = (element: Element): readonly number[] => {
    for (let up: Element | null = element; up; up = up.parentElement) {
      const colour = paint(getComputedStyle(up).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement!;
    if (!node.textContent?.trim() || !isShown(element) || element.closest('.hidden, svg, option')) continue;
    const style = getComputedStyle(element);
    const one = light(paint(style.color));
    const other = light(groundOf(element));
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: ${short(element)}`);
  }
  const over = document.documentElement.scrollWidth - window.innerWidth;
  if (over > 0) {
    const wide = all('body *').filter(
      (one) => one.getBoundingClientRect().right > window.innerWidth + 1 && isShown(one),
    );
    faults.push(`${over} px wider than the screen: ${wide.slice(0, 2).map(short).join(' | ')}`);
  }
  return faults;
}
