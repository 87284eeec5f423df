// Awkward arrays in AnnData (scirpy's receptors): a tree of types in the attribute `form`, and one buffer a node.
import {FormatProblem} from '../base/format-problem.ts';
import {attributeOf, datasetAt, readExactNumbers, type Group} from './hdf5.ts';

/** The forms of awkward-array 2 that hold lists, records, numbers, strings and missing values. */
interface Form {
  readonly class: string;
  readonly form_key?: string;
  readonly content?: Form;
  readonly contents?: readonly Form[];
  readonly fields?: readonly string[] | null;
  readonly primitive?: string;
  readonly size?: number;
  readonly valid_when?: boolean;
  readonly lsb_order?: boolean;
  readonly inner_shape?: readonly number[];
  readonly parameters?: {readonly __array__?: string};
}

export type Awkward = null | boolean | number | string | readonly Awkward[] | {readonly [field: string]: Awkward};

export function isAwkward(group: Group): boolean {
  return attributeOf(group, 'encoding-type') === 'awkward-array';
}

/** One plain value a row: lists, records by field, numbers, booleans, strings, null. */
export function readAwkward(path: string, group: Group): readonly Awkward[] {
  const form = JSON.parse(String(attributeOf(group, 'form'))) as Form;
  const at = valuesOf(form, (key, part) => {
    const dataset = datasetAt(group, `${key}-${part}`);
    if (dataset === undefined) throw new FormatProblem(path, {found: `${group.path} without ${key}-${part}`, expected: 'an awkward array', advice: 'Check how the file was made.'});
    return readExactNumbers(path, dataset) as ArrayLike<number | bigint>;
  }, (found) => {
    throw new FormatProblem(path, {found: `${group.path} with ${found}`, expected: 'lists, records, numbers and strings', advice: 'Write the receptors as AIRR: scirpy.io.write_airr(adata, path).'});
  });
  return Array.from({length: Number(attributeOf(group, 'length'))}, (_, i) => at(i));
}

type Buffers = (key: string, part: string) => ArrayLike<number | bigint>;

/** The value at a position of a node. */
function valuesOf(form: Form, buffers: Buffers, refuse: (found: string) => never): (i: number) => Awkward {
  const key = form.form_key ?? '';
  const whole = (part: string): Float64Array => Float64Array.from(buffers(key, part), Number);
  const inner = (content: Form | undefined = form.content): ((i: number) => Awkward) => (content === undefined ? refuse(`a ${form.class} without content`) : valuesOf(content, buffers, refuse));
  switch (form.class) {
    case 'NumpyArray':
      return numbersOf(form, buffers(key, 'data'), refuse);
    case 'EmptyArray':
      return () => null;
    case 'ListOffsetArray': {
      const offsets = whole('offsets');
      return listsOf(form, inner(), (i) => [offsets[i], offsets[i + 1]], refuse);
    }
    case 'ListArray': {
      const [starts, stops] = [whole('starts'), whole('stops')];
      return listsOf(form, inner(), (i) => [starts[i], stops[i]], refuse);
    }
    case 'RegularArray': {
      const size = form.size ?? 0;
      return listsOf(form, inner(), (i) => [i * size, (i + 1) * size], refuse);
    }
    case 'RecordArray': {
      const contents = (form.contents ?? []).map((content) => inner(content));
      const {fields} = form;
      return (i) => (fields === null || fields === undefined ? contents.map((at) => at(i)) : Object.fromEntries(fields.map((field, k) => [field, contents[k](i)])));
    }
    case 'IndexedArray':
    case 'IndexedOptionArray': {
      const [index, at] = [whole('index'), inner()];
      return (i) => (index[i] < 0 ? null : at(index[i]));
    }
    case 'ByteMaskedArray': {
      const [mask, at] = [whole('mask'), inner()];
      return (i) => ((mask[i] !== 0) === form.valid_when ? at(i) : null);
    }
    case 'BitMaskedArray': {
      const [mask, at] = [whole('mask'), inner()];
      return (i) => (((mask[i >> 3] >> (form.lsb_order === true ? i & 7 : 7 - (i & 7))) & 1) === (form.valid_when === true ? 1 : 0) ? at(i) : null);
    }
    case 'UnmaskedArray':
      return inner();
    default:
      return refuse(`a ${form.class}`);
  }
}

function numbersOf({primitive, inner_shape}: Form, data: ArrayLike<number | bigint>, refuse: (found: string) => never): (i: number) => Awkward {
  if (inner_shape !== undefined && inner_shape.length > 0) return refuse('an inner shape');
  return (i) => {
    if (!(i >= 0 && i < data.length)) return refuse('a place outside of its buffer');
    return primitive === 'bool' ? Number(data[i]) !== 0 : Number(data[i]);
  };
}

/** A list of chars is a string. */
function listsOf(form: Form, at: (i: number) => Awkward, bounds: (i: number) => readonly [number, number], refuse: (found: string) => never): (i: number) => Awkward {
  const isText = form.parameters?.__array__ === 'string' || form.parameters?.__array__ === 'bytestring';
  return (i) => {
    const [from, to] = bounds(i);
    if (!(from >= 0 && to >= from && to - from < 2 ** 24)) return refuse('a list outside of its buffer');
    const values = Array.from({length: to - from}, (_, k) => at(from + k));
    return isText ? Buffer.from(values as number[]).toString('utf8') : values;
  };
}
