/** The pages that exist: navigation, palette, shortcuts and help are all made from this one list. */
export interface PageInfo {
  readonly path:
    | '/'
    | '/explore'
    | '/prices'
    | '/budgets'
    | '/credits'
    | '/alerts'
    | '/deliveries'
    | '/corrections'
    | '/closes'
    | '/fleet'
    | '/refusals'
    | '/status';
  readonly name: string;
  readonly group: '' | 'Control' | 'Operate';
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
    path: '/budgets',
    name: 'Budgets',
    group: 'Control',
    key: 'b',
    questions: [
      'Which limits are reached, and which will be before their period ends?',
      'How was a budget spent, and what is expected until the end?',
      'What was crossed when, who was told, and how is it let go?',
    ],
  },
  {
    path: '/credits',
    name: 'Credits',
    group: 'Control',
    key: 'w',
    questions: [
      'What is left of prepaid and promotional credit, and what burns first?',
      'Which wallets run low or are empty, and what do they ask for?',
      'What was paid with it, row by row, and what expires when?',
    ],
  },
  {
    path: '/alerts',
    name: 'Alerts',
    group: 'Control',
    key: 'a',
    questions: ['What happened, how grave is it, and what is it about?', 'Did whoever is to know hear of it?'],
  },
  {
    path: '/deliveries',
    name: 'Deliveries',
    group: 'Control',
    key: 'd',
    questions: [
      'What was each receiver sent, and what did it answer?',
      'What did not arrive, and how is it sent again?',
      'Does a receiver work at all?',
    ],
  },
  {
    path: '/corrections',
    name: 'Corrections',
    group: 'Control',
    key: 'c',
    questions: [
      'What was taken back or put in place, by whom, and why?',
      'What would a correction come to, before it is booked?',
      'Which rows reverse which?',
    ],
  },
  {
    path: '/closes',
    name: 'Period close',
    group: 'Control',
    key: 'm',
    questions: [
      'Which periods are closed, and until when?',
      'What is the next close waiting for, and whose business is it?',
      'What is charged to nobody, and what has no price?',
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
