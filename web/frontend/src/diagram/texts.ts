// What the diagram says in its own right, in both languages of the platform.

const TEXTS = {
  zh: {
    diagram: "流程图",
    zoomIn: "放大",
    zoomOut: "缩小",
    fit: "适合窗口",
    controls: "流程图的缩放",
    keys: "流程图：方向键移动，加号和减号缩放，0 适合窗口",
    asText: "用文字查看流程图",
    passed: "已经过",
    passedTimes: "已经过 {n} 次",
    active: "正在进行",
    incident: "出错待处理",
    ended: "在此结束",
    waiting: "未经过",
    running: "{n} 个案件在此",
    lit: "当前任务",
    problem: "{n} 个问题",
    added: "新增",
    removed: "删除",
    changed: "修改",
    firstTime: "首次经过",
    lastTime: "最近经过",
    unnamed: "（未命名）",
    close: "关闭",
    failed: "流程图没有画出来。请刷新页面；若仍不行，请告知运维人员。",
    first: "回到开头",
    previous: "上一步",
    next: "下一步",
    last: "到最后",
    play: "播放",
    pause: "暂停",
    slider: "按步骤回放",
    step: "第 {n} 步，共 {all} 步",
  },
  en: {
    diagram: "Process diagram",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    fit: "Fit to window",
    controls: "Zoom of the diagram",
    keys: "Process diagram: arrow keys move it, plus and minus zoom, 0 fits it to the window",
    asText: "Read the diagram as text",
    passed: "passed",
    passedTimes: "passed {n} times",
    active: "in progress",
    incident: "failed, waits for someone",
    ended: "ended here",
    waiting: "not passed",
    running: "{n} cases here",
    lit: "the task in hand",
    problem: "{n} problems",
    added: "added",
    removed: "removed",
    changed: "changed",
    firstTime: "First passed",
    lastTime: "Last passed",
    unnamed: "(no name)",
    close: "Close",
    failed: "The diagram could not be drawn. Reload the page; if that does not help, tell the operators.",
    first: "Back to the start",
    previous: "Previous step",
    next: "Next step",
    last: "To the end",
    play: "Play",
    pause: "Pause",
    slider: "Replay step by step",
    step: "Step {n} of {all}",
  },
} as const;

const TYPES: Record<string, readonly [string, string]> = {
  "bpmn:StartEvent": ["开始", "start"],
  "bpmn:EndEvent": ["结束", "end"],
  "bpmn:IntermediateCatchEvent": ["等待", "wait"],
  "bpmn:IntermediateThrowEvent": ["通知", "notice"],
  "bpmn:BoundaryEvent": ["边界事件", "boundary event"],
  "bpmn:UserTask": ["人工任务", "user task"],
  "bpmn:ServiceTask": ["系统任务", "service task"],
  "bpmn:BusinessRuleTask": ["规则判定", "decision"],
  "bpmn:SendTask": ["发送消息", "send task"],
  "bpmn:ReceiveTask": ["接收消息", "receive task"],
  "bpmn:ManualTask": ["线下任务", "manual task"],
  "bpmn:ScriptTask": ["计算", "calculation"],
  "bpmn:Task": ["任务", "task"],
  "bpmn:CallActivity": ["调用流程", "called process"],
  "bpmn:SubProcess": ["子流程", "sub-process"],
  "bpmn:ExclusiveGateway": ["判断", "gateway (one way)"],
  "bpmn:ParallelGateway": ["并行", "gateway (all ways)"],
  "bpmn:InclusiveGateway": ["条件并行", "gateway (some ways)"],
  "bpmn:EventBasedGateway": ["等待先到者", "gateway (first event)"],
  "bpmn:SequenceFlow": ["流向", "flow"],
};

export type TextName = keyof (typeof TEXTS)["zh"];

export function language(): "zh" | "en" {
  return document.documentElement.lang.startsWith("en") ? "en" : "zh";
}

export function say(name: TextName, values: Record<string, string | number> = {}): string {
  let text: string = TEXTS[language()][name];
  for (const [key, value] of Object.entries(values)) text = text.replace(`{${key}}`, String(value));
  return text;
}

export function typeName(type: string): string {
  const pair = TYPES[type];
  if (!pair) return type.replace("bpmn:", "");
  return language() === "en" ? pair[1] : pair[0];
}
