import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync } from 'node:fs';

const SIZE = '4g';
const MOST_TRIES = 50;

/** A disk of its own for a folder, in memory, that can be made too small for what comes. */
export interface SmallDisk {
  folder: string;
  /** False where this process may not mount: then it is a folder like any other. */
  isSmall: boolean;
  /** Leaves no room. */
  fill(): void;
  /** Gives the room back. */
  widen(): void;
  remove(): void;
}

export function smallDisk(folder: string): SmallDisk {
  mkdirSync(folder, { recursive: true });
  const isSmall = mount('-t', 'tmpfs', '-o', `size=${SIZE},mode=0711`, 'tmpfs', folder);
  const unmount = (): void => {
    if (isSmall) spawnSync('umount', ['-l', folder]);
  };
  process.once('exit', unmount);
  const resized = (size: string): boolean => mount('-o', `remount,size=${size}`, folder);
  const failed = (size: string): Error => new Error(`${folder} cannot be made ${size} large`);
  return {
    folder,
    isSmall,
    fill() {
      // Whoever writes meanwhile needs more than that already: then it is looked at anew.
      for (let tries = 1; !resized(justUsed(folder)); tries++) if (tries === MOST_TRIES) throw failed(justUsed(folder));
    },
    widen() {
      if (!resized(SIZE)) throw failed(SIZE);
    },
    remove() {
      unmount();
      process.off('exit', unmount);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function justUsed(folder: string): string {
  const { blocks, bfree, bsize } = statfsSync(folder);
  return `${Math.ceil(((blocks - bfree) * bsize) / 1_024) + 64}k`;
}

const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0;
