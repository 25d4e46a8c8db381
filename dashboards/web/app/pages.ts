/** The pages that exist: navigation, palette, shortcuts and help are all made from this one list. */
export interface PageInfo {
  readonly path: '/' | '/explore' | '/prices' | '/fleet' | '/refusals' | '/status';
  readonly name: string;
  readonly group: '' | 'Operate';
  /** Pressed after "g". */
  readonly key: string;
  /** Questions that the page answers. */
  readonly questions: readonly string[];
}

export const pages: readonly PageInfo[] = [
  {
    path: '/',
    name: 'Now',
    group: '',
    key: 'n',
    questions: [
      'What have we been charged this month, to the last commit?',
      'Where does it go, and how fast is it growing?',
      'Which budgets are close, warned, throttled or blocked?',
      'What happened, and did the alert arrive?',
      'Can I trust these figures?',
    ],
  },
  {
    path: '/explore',
    name: 'Explore',
    group: '',
    key: 'e',
    questions: [
      'What is this total made of, by account, service, meter, resource or time?',
      'Does it add up to the running balance?',
      'Which rated rows are behind it?',
    ],
  },
  {
    path: '/prices',
    name: 'Prices',
    group: '',
    key: 'p',
    questions: [
      'What does each thing cost, from which quantity on?',
      'Which fees and agreements stand beside the price list?',
      'Who approved them, and from when do they hold?',
    ],
  },
  {
    path: '/fleet',
    name: 'Fleet',
    group: 'Operate',
    key: 'f',
    questions: [
      'Which producers are live, late or silent?',
      'Did any lose samples, send twice or get refused?',
      'Which key signs for which producer?',
    ],
  },
  {
    path: '/refusals',
    name: 'Refusals',
    group: 'Operate',
    key: 'r',
    questions: [
      'What was turned away, and is in no total?',
      'Why, by which producer, and what is to be done about it?',
    ],
  },
  {
    path: '/status',
    name: 'Status',
    group: 'Operate',
    key: 's',
    questions: [
      'Is anything held up between an agent’s disk and ClickHouse?',
      'Since when, and what becomes of usage meanwhile?',
      'What is to be done about it?',
    ],
  },
];

/** Questions of the proof page, which is reached from a row and not from the navigation. */
export const whyQuestions = [
  'Why is this exact amount charged?',
  'Which price, owner, sample and signature stand behind it?',
  'Does it still verify now?',
] as const;
