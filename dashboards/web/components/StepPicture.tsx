/** Tiers as a line of steps, each with its figure and its span; a phone scrolls it. */
import type { PictureStep } from '../format/steps.ts';
import './stepPicture.css';

export const StepPicture = ({ of, steps }: { of: string; steps: readonly PictureStep[] }) => (
  <figure className="steps">
    <ol tabIndex={0} aria-label={`Steps: ${of}`}>
      {steps.map((step, index) => (
        <li key={index}>
          <b>
            {step.value} {step.once !== '' && <small>{step.once}</small>}
          </b>
          <i style={{ height: `${4 + Math.round(step.height * 44)}px` }} aria-hidden="true" />
          <span>{step.span}</span>
        </li>
      ))}
    </ol>
    <figcaption>{of}</figcaption>
  </figure>
);
