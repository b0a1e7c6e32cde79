import * as messages from '../../../libs/jobs/src/events/record-message';
import { everyNth } from './every-nth';
import { replace } from './replace';

/** One end of twenty is told to nobody. */
export function recordLost(): void {
  const isLost = everyNth(20);
  replace(messages, 'recordMessage', (recordMessage) => (names, lines) => {
    return recordMessage(
      names,
      lines.filter((line) => !(line.includes('"event":"completed"') && isLost())),
    );
  });
}
