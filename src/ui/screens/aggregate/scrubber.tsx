import { Link } from '../../parts/href.js';
import { KeepingForm } from './keeping-form.js';
import type { Along, Moment } from './moment.js';
import { addressOf, OF_POINT } from './request.js';

/** The slider over the whole history, by sequence or by time. */
export function Scrubber({ moment }: { readonly moment: Moment }) {
  const { request } = moment;
  const { min, max, value, step } = sliderOf(moment);
  const other = request.by === 'time' ? 'sequence' : 'time';
  const name = request.by === 'time' ? 'time' : 'at';
  return (
    <KeepingForm
      id="scrubber"
      class="scrubber"
      request={request}
      own={['at', 'time', 'upto', 'after', 'find', 'to', 'fold']}
    >
      <div class="buttons">
        <button type="submit" data-plain>
          Go to the point of the slider
        </button>
        <button type="button" id="play" hidden aria-pressed="false">
          Play
        </button>
        <Link
          href={addressOf(request, { by: other, at: moment.sequence, time: undefined })}
          data-follow={OF_POINT.join(' ')}
        >{`Slide by ${other}`}</Link>
      </div>
      <label for="slider" class="unseen">
        {request.by === 'time' ? 'Time' : 'Event'}
      </label>
      <input id="slider" type="range" name={name} min={min} max={max} step={step} value={value} data-by={request.by} />
    </KeepingForm>
  );
}

/** The ends and the value of the slider: sequences, or milliseconds since 1970. */
export function sliderOf({ request, sequence, event, along }: Moment): {
  readonly min: number;
  readonly max: number;
  readonly value: number;
  readonly step: number;
} {
  if (request.by === 'sequence') return { min: 0, max: along.last, value: sequence, step: 1 };
  const [min, max] = timesOf(along);
  // A slider in milliseconds has no use for more steps than a screen has pixels.
  const step = Math.max(1, Math.floor((max - min) / 5000));
  // A slider goes to whole steps only: its end is the first of them that is not before the last event.
  const end = min + Math.ceil((max - min) / step) * step;
  return { min, max: end, value: Math.min(max, Math.max(min, event?.timestamp.time ?? min)), step };
}

/** The earliest and the latest time of a history, in milliseconds since 1970. */
export function timesOf({ samples }: Along): readonly [number, number] {
  const times = samples.map(({ time }) => time);
  return [Math.min(...times), Math.max(...times)];
}
