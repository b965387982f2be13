declare module "dmn-js/lib/NavigatedViewer" {
  interface View {
    id: string;
    name?: string;
    type: "drd" | "decisionTable" | "literalExpression" | "boxedExpression";
  }
  export interface Named {
    name?: string;
    label?: string;
    description?: string;
    text?: string;
  }
  export default class Viewer {
    constructor(options: { container: HTMLElement; decisionTable?: object; drd?: object });
    on(
      event: "import.parse.complete",
      listener: (event: { elementsById?: Record<string, Named> }) => void,
    ): void;
    importXML(xml: string): Promise<{ warnings: unknown[] }>;
    getViews(): View[];
    getActiveView(): View | undefined;
    open(view: View): Promise<unknown>;
  }
}
