/** SHA-256 (FIPS 180-4), synchronous: `crypto.subtle` is absent on plain-http hubs. */

const K = new Uint32Array(64);
const START = new Uint32Array(8);
{
  // First 32 bits of the fractional parts of the roots of the first 64 primes.
  const isPrime = (n: number): boolean => {
    for (let d = 2; d * d <= n; d++) {
      if (n % d === 0) {
        return false;
      }
    }
    return true;
  };
  for (let n = 2, i = 0; i < 64; n++) {
    if (isPrime(n)) {
      K[i] = Math.floor((Math.cbrt(n) % 1) * 0x100000000);
      if (i < 8) {
        START[i] = Math.floor((Math.sqrt(n) % 1) * 0x100000000);
      }
      i++;
    }
  }
}

const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n));

export function sha256(data: Uint8Array): Uint8Array {
  const length = data.length;
  const padded = new Uint8Array(((length + 72) >> 6) << 6);
  padded.set(data);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(length / 0x20000000));
  view.setUint32(padded.length - 4, (length << 3) >>> 0);
  const h = START.slice();
  const w = new Uint32Array(64);
  const at = (list: Uint32Array, i: number): number => list[i] as number;
  for (let offset = 0; offset < padded.length; offset += 64) {
    for (let i = 0; i < 16; i++) {
      w[i] = view.getUint32(offset + i * 4);
    }
    for (let i = 16; i < 64; i++) {
      const a = at(w, i - 15);
      const b = at(w, i - 2);
      const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
      const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
      w[i] = at(w, i - 16) + s0 + at(w, i - 7) + s1;
    }
    let [a, b, c, d, e, f, g, k] = h as unknown as number[] as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number
    ];
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + at(K, i) + at(w, i)) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [k, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, k].forEach((v, i) => {
      h[i] = at(h, i) + v;
    });
  }
  const out = new Uint8Array(32);
  const result = new DataView(out.buffer);
  h.forEach((v, i) => result.setUint32(i * 4, v));
  return out;
}

export function hex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) {
    out += byte.toString(16).padStart(2, '0');
  }
  return out;
}

export function unhex(value: string): Uint8Array {
  const out = new Uint8Array(value.length >> 1);
  for (let i = 0; i < out.length; i++) {
    out[i] = parseInt(value.slice(2 * i, 2 * i + 2), 16);
  }
  return out;
}
