// Axes of a panel: two thin lines, ticks with numbers, no box.
import {tickText, type Scale} from './scale.ts';
import {line, text} from './svg.ts';

export interface Panel {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function bottomAxis({left, right, bottom}: Panel, scale: Scale, label: string, format: (value: number) => string = tickText): string[] {
  return [
    line(left, bottom, right, bottom),
    ...scale.ticks.flatMap((tick) => [line(scale.at(tick), bottom, scale.at(tick), bottom + 3), text(scale.at(tick), bottom + 10.5, format(tick), {size: 7, anchor: 'middle'})]),
    ...(label === '' ? [] : [text((left + right) / 2, bottom + 21, label, {anchor: 'middle'})]),
  ];
}

export function leftAxis({left, top, bottom}: Panel, scale: Scale, {label = '', numbers = true}: {label?: string; numbers?: boolean} = {}): string[] {
  return [
    line(left, top, left, bottom),
    ...scale.ticks.flatMap((tick) => [line(left - 3, scale.at(tick), left, scale.at(tick)), ...(numbers ? [text(left - 5, scale.at(tick) + 2.5, tickText(tick), {size: 7, anchor: 'end'})] : [])]),
    ...(label === '' ? [] : [text(left - 28, (top + bottom) / 2, label, {anchor: 'middle', rotate: -90})]),
  ];
}
