import type { Readable } from 'node:stream';
import { Controller, Req, Res } from '@nestjs/common';
import type { FeedEntry } from '@scutwork/ledger';
import { Access } from '../auth/access';
import type { AuthenticatedRequest } from '../auth/principal';
import { LiveFeed } from '../live/live-feed';
import type { Wanted } from '../live/live-client';
import { type Place, parsePlace } from '../live/place';
import { Refused } from '../auth/refused';
import { RequestProblem } from '../problems/problem';
import { FromRequest } from '../routes/from-request';
import { type GivenTo, Route, route } from '../routes/route';
import { type EventsQuery, eventsQuery, stateOf } from '../schemas/job-filter';

interface Reply {
  header(name: string, value: string): Reply;
}

const listen = route({
  method: 'GET',
  path: '/events',
  role: 'viewer',
  tag: 'events',
  summary: 'What happens to jobs, as it happens: server-sent events',
  query: eventsQuery,
  answer: {
    status: 200,
    says: 'Events `job`, and `lost` when some are not kept any more; resumable by `Last-Event-ID`',
    mediaTypes: ['text/event-stream'],
  },
});

@Controller()
export class EventsController {
  constructor(
    private readonly feed: LiveFeed,
    private readonly access: Access,
  ) {}

  @Route(listen)
  async listen(
    @FromRequest() { query }: GivenTo<typeof listen>,
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Readable> {
    if (!this.feed.open) throw tooManyReaders();
    const from = placeIn(request.headers['last-event-id'] ?? query.after);
    const client = await this.feed.attach(from, wantedBy(query), () => this.mayStay(request));
    reply
      .header('content-type', 'text/event-stream')
      .header('cache-control', 'no-store')
      // A connection that is kept after the stream would keep the producer from ending.
      .header('connection', 'close')
      .header('x-accel-buffering', 'no');
    return client.stream;
  }

  /** A key that was revoked, or a token that has expired, ends its streams too. While nobody can be asked they go on. */
  private async mayStay(request: AuthenticatedRequest): Promise<boolean> {
    try {
      await this.access.identify(request);
      return true;
    } catch (error) {
      return !(error instanceof Refused);
    }
  }
}

function tooManyReaders(): RequestProblem {
  return new RequestProblem(503, 'too_many_readers', 'This producer takes no more readers of events just now', {
    hint: 'Come back a little later with the last id that was seen.',
  });
}

function wantedBy({ queue, type, state, id }: EventsQuery): Wanted {
  const wantedState = state && stateOf(state);
  return (entry: FeedEntry) =>
    (queue === undefined || entry.queue === queue) &&
    (type === undefined || entry.type === type) &&
    (wantedState === undefined || entry.state === wantedState) &&
    (id === undefined || entry.id === id);
}

function placeIn(text: string | string[] | undefined): Place | undefined {
  if (text === undefined) return undefined;
  const place = typeof text === 'string' ? parsePlace(text) : undefined;
  if (place !== undefined) return place;
  throw new RequestProblem(400, 'event_id_invalid', 'This is no id of an event', {
    field: 'Last-Event-ID',
    hint: 'Send the last id that was seen, such as 4711.0, or none to begin now.',
  });
}
