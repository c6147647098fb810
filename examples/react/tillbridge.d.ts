// What React needs in order to know <tillbridge-picker>; put it beside your own code.
import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type {
  Choice,
  Problem,
  Ready,
  TillbridgePicker,
  TillbridgePickerAttributes,
} from "../../src/entrypoints/web/static/tillbridge-picker";

export type { Choice, Problem, Ready, TillbridgePicker };

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "tillbridge-picker": DetailedHTMLProps<HTMLAttributes<TillbridgePicker>, TillbridgePicker> &
        TillbridgePickerAttributes & {
          getToken?: () => Promise<string>;
          "ontillbridge-ready"?: (event: CustomEvent<Ready>) => void;
          "ontillbridge-choose"?: (event: CustomEvent<Choice>) => void;
          "ontillbridge-leave"?: (event: CustomEvent<Choice>) => void;
          "ontillbridge-problem"?: (event: CustomEvent<Problem>) => void;
        };
    }
  }
}
