import { WHOLE, parsePlace, placeText } from './place';

describe('a place in the feed', () => {
  it.each([
    { seq: 12, index: 3 },
    { seq: 0, index: 0 },
    { seq: 4, index: WHOLE },
  ])('is read as it was written: %o', (place) => {
    expect(parsePlace(placeText(place))).toEqual(place);
  });

  it.each(['', 'x', '-1', '1.', '.1', '1.2.3', '1e3', ' 1', '9'.repeat(40), '1.-1'])('is not %j', (text) => {
    expect(parsePlace(text)).toBeUndefined();
  });
});
