import type { SampleBank } from './sample-bank.js';

/** The addresses of all screens on the sample bank, by the names of their pictures. */
export function sampleScreens({ other, wrong }: SampleBank): Readonly<Record<string, string>> {
  return {
    overview: '/',
    search: '/search',
    'search-where': `/search?type=money_deposited&where=${encodeURIComponent('$.amount > 50000')}`,
    aggregate: `/aggregate/${wrong.aggregateId.hex}?at=${wrong.sequence}`,
    'aggregate-path': `/aggregate/${wrong.aggregateId.hex}?path=/balance&pin=1&find=deposit`,
    find: `/find?q=${other.hex.slice(0, 6)}`,
    event: `/event/${wrong.timestamp.toString()}`,
    compare: `/compare?id=${wrong.aggregateId.hex}&id=${other.hex}`,
    live: '/live',
    projections: '/projections',
    verify: '/verify?run=1',
    check: '/check?run=1',
  };
}
