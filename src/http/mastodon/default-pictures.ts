import { crc32, deflateSync } from 'node:zlib';
import type { Route } from '../route.ts';

/**
 * The pictures of whoever has none: apps need an absolute address of a picture that every decoder reads, so they are PNG, drawn here once when
 * they are first asked for.
 */
export const defaultPictures = {
  avatar: { path: '/avatars/default.png', width: 240, height: 240 },
  header: { path: '/headers/default.png', width: 750, height: 250 },
} as const;

type Colour = readonly [red: number, green: number, blue: number];
const paper: Colour = [0xf4, 0xee, 0xd0];
const shell: Colour = [0xf9, 0xd9, 0x0c];
const ink: Colour = [0x17, 0x20, 0x31];

/** An egg: an ellipse whose upper half is longer. Below 1 inside. */
function eggDistance(x: number, y: number): number {
  const centreY = 0.54;
  const up = y < centreY;
  return ((x - 0.5) / 0.27) ** 2 + ((y - centreY) / (up ? 0.38 : 0.3)) ** 2;
}

const avatarColour = (x: number, y: number): Colour => {
  const distance = eggDistance(x, y);
  if (distance < 0.9) return shell;
  return distance < 1.02 ? ink : paper;
};

/** Two flat bands, so that it stays under 2 kB. */
const headerColour = (_x: number, y: number): Colour => (y < 0.82 ? paper : shell);

let drawn: Map<string, Uint8Array> | undefined;

function picture(path: string): Uint8Array {
  drawn ??= new Map([
    [defaultPictures.avatar.path, draw(defaultPictures.avatar, avatarColour)],
    [defaultPictures.header.path, draw(defaultPictures.header, headerColour)],
  ]);
  return drawn.get(path)!;
}

/** A PNG (RGB, 8 bit, no interlacing) of a function from the unit square to colours. */
function draw(size: { width: number; height: number }, colourAt: (x: number, y: number) => Colour): Uint8Array {
  const { width, height } = size;
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let row = 0; row < height; row++) {
    let at = row * (1 + width * 3) + 1;
    for (let column = 0; column < width; column++) {
      const [red, green, blue] = colourAt((column + 0.5) / width, (row + 0.5) / height);
      rows[at++] = red;
      rows[at++] = green;
      rows[at++] = blue;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

export const pictureRoutes: readonly Route[] = Object.values(defaultPictures).map(({ path }) => ({
  method: 'GET',
  path,
  who: 'anyone',
  shows: 'nothing written',
  answers: 'json',
  cors: true,
  handler: () =>
    new Response(new Uint8Array(picture(path)), {
      headers: { 'Content-Type': 'image/png', 'Cache-Control': 'public, max-age=604800' },
    }),
}));
