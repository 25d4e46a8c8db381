/** Messages to chat rooms. Who knows such an address may write there: it is a secret, and nothing is signed. */
import type { TargetKind } from '#core/messages/delivery.ts';
import type { Alert } from '#core/messages/alert.ts';
import type { Channel } from './channel.ts';
import { groupId } from './group.ts';
import { notifierLimits } from './limits.ts';
import type { Sender } from './sender.ts';
import { summaryOf, type Summary } from './summary.ts';
import { webhookId } from './webhook.ts';

export function chatChannel(kind: TargetKind, address: string, sender: Sender): Channel {
  const { origin, pathname, search } = new URL(address);
  // What a service answers may quote the address.
  const hide = (text: string): string =>
    [address, pathname + search, pathname]
      .filter((part) => part.length > 1)
      .reduce((all, part) => all.replaceAll(part, '…'), text);
  return {
    async send(alerts) {
      const body = JSON.stringify(render(kind, alerts));
      const headers = {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'meterline',
      };
      const { response, ...outcome } = await sender.send(headers, body);
      const id = webhookId(alerts.length > 1 ? groupId(alerts) : alerts[0]!.id);
      return {
        outcome: {
          ...outcome,
          detail: hide(outcome.detail),
          ...(response === undefined ? {} : { response: { ...response, body: hide(response.body) } }),
        },
        call: { to: origin, webhookId: id, bytes: Buffer.byteLength(body) },
      };
    },
    close: () => sender.close(),
  };
}

export function render(kind: TargetKind, alerts: readonly Alert[]): object {
  const summary = summaryOf(alerts);
  if (kind === 'slack') return slack(summary);
  return kind === 'teams' ? teams(summary) : { text: plain(summary) };
}

/** One line a fact. */
export const plain = ({ title, facts }: Summary): string =>
  [title, ...facts.map(([name, value]) => `${name}: ${value}`)].join('\n');

const marks: Readonly<Record<Summary['severity'], string>> = {
  info: ':information_source:',
  warning: ':warning:',
  critical: ':rotating_light:',
};

/** Block Kit; also `text`, for notifications and for services that know nothing else. */
function slack({ title, facts, severity }: Summary): object {
  const lines = facts.map(([name, value]) => `${escapeSlack(name)}: ${escapeSlack(value)}`);
  const text = [`${marks[severity]} *${escapeSlack(title)}*`, ...lines]
    .join('\n')
    .slice(0, notifierLimits.slackTextMax);
  return { text: escapeSlack(title), blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] };
}

/** The three characters that Slack gives a meaning; else a name might call everybody (`<!channel>`). */
const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const colours: Readonly<Record<Summary['severity'], string>> = {
  info: 'Default',
  warning: 'Warning',
  critical: 'Attention',
};

/** An adaptive card, as the workflow "post to a channel when a webhook request is received" takes it. */
function teams({ title, facts, severity }: Summary): object {
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      // A text run takes no markdown, so that a name cannot become a link.
      {
        type: 'RichTextBlock',
        inlines: [{ type: 'TextRun', text: title, size: 'Medium', weight: 'Bolder', color: colours[severity] }],
      },
      ...facts.map(([name, value]) => ({
        type: 'RichTextBlock',
        spacing: 'Small',
        inlines: [
          { type: 'TextRun', text: `${name}: `, weight: 'Bolder' },
          { type: 'TextRun', text: value },
        ],
      })),
    ],
  };
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] };
}
