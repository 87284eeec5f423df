import {expect, test} from 'vitest';
import {misfit} from '../../../pipeline/config/resolve-params.ts';
import type {ParamContract} from '../../../pipeline/model/step-contract.ts';

const threshold: ParamContract = {type: 'number', words: ['auto'], minimum: 0, maximum: 1, default: 0.15, summary: 'A threshold.'};

test('a word stands for a value of another type, and is named where neither fits', () => {
  expect([0, 0.5, 'auto'].map((value) => misfit(threshold, value))).toEqual([undefined, undefined, undefined]);
  expect(['automatic', true, 1.5, -1].map((value) => misfit(threshold, value))).toEqual(['a number or auto', 'a number or auto', 'at most 1 or auto', 'at least 0 or auto']);
});
