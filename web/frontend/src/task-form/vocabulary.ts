// Says in Chinese what form-js says in English: its validation messages and its own small texts.

/** Mobile and landline numbers as people in China write them; the server takes the same. */
const CHINESE_PHONE = /^(1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(-\d{1,6})?)$/;
const NOT_A_PHONE = /^Field must be a valid +international phone number\./;

type Rule = [RegExp, (match: RegExpMatchArray) => string];

const MESSAGES: Rule[] = [
  [/^Field is required\.$/, () => "请填写此项"],
  [/^Value is not a number\.$/, () => "请填写数字"],
  [/^Value is expected to be an integer\.$/, () => "请填写整数"],
  [/^Value is expected to have at most (\S+) decimal digits?\.$/, (m) => `最多 ${m[1]} 位小数`],
  [
    /^Please select a valid value, the two nearest valid values are (\S+) and (\S+)\.$/,
    (m) => `请填写有效的值，最接近的是 ${m[1]} 和 ${m[2]}`,
  ],
  [/^Field must match pattern (.*)\.$/, () => "格式不正确"],
  [/^Field must have minimum value of (.*)\.$/, (m) => `不能小于 ${m[1]}`],
  [/^Field must have maximum value of (.*)\.$/, (m) => `不能大于 ${m[1]}`],
  [/^Field must have minimum length of (.*)\.$/, (m) => `至少填写 ${m[1]} 个字`],
  [/^Field must have maximum length of (.*)\.$/, (m) => `最多填写 ${m[1]} 个字`],
  [NOT_A_PHONE, () => "请填写电话号码，例如 13812345678 或 0571-87654321"],
  [/^Field must be a valid email\.$/, () => "请填写有效的电子邮箱地址"],
  [/^M(?:in|ax) validation value is not a valid number\.$/, () => "表单中的界限不是数字，请告诉管理员"],
  [/^Date and time must both be entered\.$/, () => "日期和时间都要填写"],
];

const TEXTS: Rule[] = [
  ...MESSAGES,
  [/^No results$/, () => "没有符合的选项"],
  [/^All values selected$/, () => "已全部选中"],
  [/^Browse$/, () => "选择文件"],
  [/^No files selected$/, () => "未选择文件"],
  [/^(\d+) files selected$/, (m) => `已选择 ${m[1]} 个文件`],
  [/^Add new$/, () => "添加一行"],
  [/^Expand all \((\d+)\)$/, (m) => `展开全部（${m[1]}）`],
  [/^Collapse$/, () => "收起"],
  [/^Remove list item (\d+)$/, (m) => `删除第 ${m[1]} 行`],
  [/^Remove tag$/, () => "移除"],
  [/^Skip to search$/, () => "跳到搜索"],
  [/^Nothing to show\.$/, () => "没有内容"],
  [/^Previous page$/, () => "上一页"],
  [/^Next page$/, () => "下一页"],
  [/^Click to sort by (.*) descending$/, (m) => `按“${m[1]}”从大到小排列`],
  [/^Click to sort by (.*) ascending$/, (m) => `按“${m[1]}”从小到大排列`],
  [/^Click to remove sorting$/, () => "取消排序"],
  [/^Unable to download document$/, () => "文件下载失败"],
  [/^No content to show\.$/, () => "没有内容"],
  [/^Select$/, () => "请选择"],
  [/^Search$/, () => "搜索"],
];

const ATTRIBUTES = ["aria-label", "title", "placeholder"];

/** form-js wants a country code; a Chinese number without one is right all the same. */
export function withoutPhones(messages: string[], value: unknown): string[] {
  if (typeof value !== "string" || !CHINESE_PHONE.test(value.replaceAll(" ", ""))) return messages;
  return messages.filter((message) => !NOT_A_PHONE.test(message));
}

function lookUp(rules: Rule[], text: string): string | null {
  for (const [pattern, answer] of rules) {
    const match = text.match(pattern);
    if (match) return answer(match);
  }
  return null;
}

/** A validation message of form-js in Chinese; a message the form's author wrote stays as it is. */
export function chineseMessage(message: string): string {
  return lookUp(MESSAGES, message) ?? message;
}

function translateText(node: Text): void {
  const text = node.data.trim();
  // The mark of bpmn.io stays as its licence wants it.
  if (!text || node.parentElement?.closest(".fjs-powered-by, textarea")) return;
  const found = lookUp(TEXTS, text);
  if (found !== null && found !== text) node.data = node.data.replace(text, found);
}

function translateAttributes(element: Element): void {
  if (element.closest(".fjs-powered-by")) return;
  for (const name of ATTRIBUTES) {
    const value = element.getAttribute(name);
    const found = value && lookUp(TEXTS, value);
    if (found && found !== value) element.setAttribute(name, found);
  }
}

function translateTree(root: Node): void {
  if (root instanceof Text) return translateText(root);
  if (!(root instanceof Element)) return;
  translateAttributes(root);
  for (const element of root.querySelectorAll("[aria-label], [title], [placeholder]")) {
    translateAttributes(element);
  }
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) translateText(walker.currentNode as Text);
}

/** Keep what form-js draws under `root` in Chinese from now on. */
export function keepChinese(root: HTMLElement): void {
  translateTree(root);
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "attributes") translateAttributes(record.target as Element);
      else if (record.type === "characterData") translateText(record.target as Text);
      else record.addedNodes.forEach(translateTree);
    }
  }).observe(root, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ATTRIBUTES,
  });
}
