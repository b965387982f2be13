declare module "dmn-js/lib/NavigatedViewer" {
  interface View {
    id: string;
    name?: string;
    type: "drd" | "decisionTable" | "literalExpression" | "boxedExpression";
  }
  export default class Viewer {
    constructor(options: { container: HTMLElement; decisionTable?: object; drd?: object });
    importXML(xml: string): Promise<{ warnings: unknown[] }>;
    getViews(): View[];
    getActiveView(): View | undefined;
    open(view: View): Promise<unknown>;
  }
}
