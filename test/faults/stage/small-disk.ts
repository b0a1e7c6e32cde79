import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync } from 'node:fs';

const SIZE = '4g';

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
  const resize = (size: string): void => {
    if (!mount('-o', `remount,size=${size}`, folder)) throw new Error(`${folder} cannot be made ${size} large`);
  };
  return {
    folder,
    isSmall,
    fill() {
      const { blocks, bfree, bsize } = statfsSync(folder);
      resize(`${Math.ceil(((blocks - bfree) * bsize) / 1_024) + 64}k`);
    },
    widen: () => resize(SIZE),
    remove() {
      unmount();
      process.off('exit', unmount);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0;
