// Checked by `tsc -p tsconfig.test.json`, never run: each `@ts-expect-error` is an error if the line below it compiles.
import { type Observable, of } from 'rxjs';
import { z } from 'zod';
import { type PayloadOf, defineJob } from '../contracts/define-job';
import type { JobContext } from '../worker/context';
import type { JobRpcContext } from './job-rpc-context';
import { JobHandler } from './jobs.decorators';
import type { JobsRegistry } from './jobs.registry';

const Resize = defineJob({
  type: 'images.resize',
  payload: z.object({ url: z.string(), width: z.number().default(800) }),
  result: z.object({ bytes: z.number() }),
});
const Untyped = defineJob({ type: 'images.other', payload: z.object({ url: z.string() }) });

export class ThatCompile {
  @JobHandler(Resize)
  both(payload: PayloadOf<typeof Resize>, context: JobContext): { bytes: number } {
    return { bytes: payload.width + context.attempt };
  }

  @JobHandler(Resize, { concurrency: 2 })
  async payloadAlone({ width }: { width: number }): Promise<{ bytes: number }> {
    return { bytes: width };
  }

  @JobHandler(Resize)
  stream(_payload: unknown, context: JobRpcContext): Observable<{ bytes: number }> {
    return of({ bytes: context.getPattern().length });
  }

  @JobHandler(Untyped)
  anything(): string {
    return 'x';
  }
}

export class ThatDoNotCompile {
  // @ts-expect-error the payload is that of another type
  @JobHandler(Resize)
  wrongPayload(payload: { url: number }): { bytes: number } {
    return { bytes: payload.url };
  }

  // @ts-expect-error the result is wrong
  @JobHandler(Resize)
  wrongResult(): { bytes: string } {
    return { bytes: 'many' };
  }

  // @ts-expect-error the result is missing
  @JobHandler(Resize)
  noResult(): void {
    return undefined;
  }

  // @ts-expect-error the streamed result is wrong
  @JobHandler(Resize)
  wrongStream(): Observable<number> {
    return of(1);
  }

  // @ts-expect-error the second parameter is the context
  @JobHandler(Resize)
  wrongContext(_payload: unknown, context: { send(): void }): { bytes: number } {
    context.send();
    return { bytes: 1 };
  }

  // @ts-expect-error a third parameter gets nothing
  @JobHandler(Resize)
  tooMany(_payload: unknown, _context: JobContext, more: string): { bytes: number } {
    return { bytes: more.length };
  }
}

declare const registry: JobsRegistry;

export function inCode(): void {
  registry.registerHandler(Resize, ({ width }) => ({ bytes: width }));
  registry.registerHandler('images.by-name', (payload: unknown) => payload);
  // @ts-expect-error the result is wrong
  registry.registerHandler(Resize, () => 'many');
}
