export const deliveryStatuses = ['dead', 'failed', 'given_up', 'refused', 'delivered'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

export interface DeliveriesSearch {
  readonly status?: DeliveryStatus;
  readonly target?: string;
  /** Id of an alert. */
  readonly alert?: string;
  /** The delivery that is open. */
  readonly open?: string;
}

export function parseDeliveriesSearch({ status, target, alert, open }: Record<string, unknown>): DeliveriesSearch {
  const known = deliveryStatuses.find((candidate) => candidate === status);
  const text = (name: string, value: unknown) => (typeof value === 'string' && value !== '' ? { [name]: value } : {});
  return {
    ...(known === undefined ? {} : { status: known }),
    ...text('target', target),
    ...text('alert', alert),
    ...text('open', open),
  };
}
