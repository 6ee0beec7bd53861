/** Text that would move the cursor, rename the window, write the clipboard, forge lines or turn the reading order. */
export const HOSTILE: readonly string[] = [
  '\u001b[2J', // clears the screen
  '\u001b[1A\u001b[2K', // wipes the line above
  '\u001b[31mred',
  '\u001b[8mhidden',
  '\u001bc', // resets the terminal
  '\u001b]0;title\u0007',
  '\u001b]8;;https://example.com\u0007link\u001b]8;;\u0007',
  '\u001b]52;c;cm0gLXJmIC8=\u0007', // writes the clipboard
  '\u001bP1$r\u001b\\',
  '\u001b_payload\u001b\\',
  '\u001b^payload\u001b\\',
  '\u009b2J', // the same as ESC [ in one character
  '\u009d52;c;cm0gLXJmIC8=\u009c',
  '\u0090q\u009c',
  '\u0085', // next line
  '\u0084\u008d',
  '\r       9  forged',
  'shown\b\b\b\b\bforged',
  '\u007f\u007f\u007f',
  '\n       9  forged',
  '\t\t\tfar',
  '\u000b\u000c',
  '\u0007\u0007',
  '\u000e\u000f', // other character sets
  '\u0011\u0013', // flow control
  '\u0018\u001a',
  '\u0001\u0002\u0003\u0004',
  '\u202egnp.exe',
  '\u202a\u202b\u202c\u202d\u202e',
  '\u2066\u2067\u2068\u2069',
  '\u200e\u200f',
  '\u061c',
  '\u206a\u206f',
  '\u{e0001}\u{e0041}\u{e007f}', // tags
  '\u2028line\u2029paragraph',
  'pass\u00adword',
  'a\u200bb\u2060c\ufeffd',
  '\ufff9\ufffa\ufffb',
  '\\u001b[2J and \\\\u009b', // what already looks like an escape
  '"quoted\\" \u001b[0m "',
  '\u001b[6n\u001b[c', // has the terminal answer, as if somebody typed
];

/** Whatever a terminal acts on, but for the line feeds that end a line. */
export const RAW = new RegExp(
  '[\\u{0}-\\u{9}\\u{b}-\\u{1f}\\u{7f}-\\u{9f}\\u{ad}\\u{61c}\\u{200b}\\u{200e}\\u{200f}\\u{2028}-\\u{202e}' +
    '\\u{2060}-\\u{206f}\\u{feff}\\u{fff9}-\\u{fffb}\\u{e0000}-\\u{e007f}]',
  'u',
);

/** Text that a browser would execute, load, or take for a part of the page, if it were written as it is. */
export const HOSTILE_MARKUP: readonly string[] = [
  '<script>executed()</script>',
  '</script><script>executed()</script>',
  '</title><script>executed()</script>',
  '</textarea></pre></code></template><script>executed()</script>',
  '"><script>executed()</script>',
  "'><img src=x onerror=executed()>",
  '<img src=//example.com/pixel.png>',
  '<svg onload=executed()>',
  '<svg><title><script>executed()</script></title></svg>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=executed()>',
  '" onmouseover="executed()" autofocus onfocus="executed()" x="',
  "' onfocus='executed()' autofocus x='",
  '<a href="javascript:executed()">click</a>',
  'javascript:executed()',
  '//example.com/elsewhere',
  '<iframe src="javascript:executed()"></iframe>',
  '<iframe srcdoc="<script>parent.executed()</script>"></iframe>',
  '<meta http-equiv="refresh" content="0;url=//example.com">',
  '<base href="//example.com/">',
  '<link rel="stylesheet" href="//example.com/x.css">',
  '<style>@import "//example.com/x.css"; * { display: none }</style>',
  '<form action="//example.com"><input name=password autofocus onfocus=executed()>',
  '<template><script>executed()</script></template>',
  '<!-- --!><script>executed()</script> -->',
  '<![CDATA[<script>executed()</script>]]>',
  '&lt;script&gt;executed()&lt;/script&gt;',
  '&#60;script&#62;',
  '${executed()} {{executed()}} <%= executed() %>',
  'data: executed\n\nevent: forged\ndata: <script>executed()</script>', // a stream of events ends a line
  '\u003cscript\u003eexecuted()\u003c/script\u003e',
  '</main><main id="content"><h1>forged</h1>',
  '<element id="findings">', // the id of a part
];
