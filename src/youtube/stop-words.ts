/** Words too common to say what a video is about. Lower case. */

const lists: Readonly<Record<string, string>> = {
  en: `a about after again all also always am an and another any anything are aren't around as at away back be because been before
    being both but by can can't cannot come comes could couldn't did didn't different do does doesn't doing don't done down each else
    enough even ever every everything few first for from get gets getting give go goes going gone gonna good got great had has have
    haven't having he he's hello her here here's hey hi him his how i i'd i'll i'm i've if in into is isn't it it's its just keep kind
    know last let let's like little long look lot lots made make makes many may maybe me mean might more most much must my need never
    new next no not nothing now of off oh ok okay on once one only or other our out over own people please put really right said same
    say says see she should show since so some someone something sometimes sort still stuff such sure take tell than thank thanks that
    that's the their them then there there's these they they're thing things think this those though three through time to today
    together too try two up us use used using very video want wants was wasn't way we we'll we're we've welcome well were weren't what
    what's when where which while who why will with without won't work would wouldn't yeah year years yes yet you you'll you're you've
    your yours`,
  es: `a acá actualmente además ahí ahora al algo alguien algún alguna algunas alguno algunos allí ante antes año años aquí así aun
    aún aunque bien bueno cada casi como cómo con contra cosa cosas creo cual cuál cualquier cuando cuándo cuanto de debe decir del
    desde después dice día días donde dónde dos durante e el él ella ellas ellos en entonces entre era eran eres es esa esas ese eso
    esos esta está estaba están estar estas este esto estos estoy fue fueron gracias gran ha hace hacer hacia han has hasta hay he
    hemos hola hoy igual incluso ir la las le les lo los luego más me mejor menos mi mientras mis mismo mucha muchas mucho muchos muy
    nada ni ningún no nos nosotros nuestra nuestro nunca o os otra otras otro otros para parte pero poco podemos poder porque por puede
    pueden puedo pues que qué quien quién quiero realmente sabe saber se sea según ser si sí siempre sin sino sobre solo sólo somos son
    soy su sus tal también tan tanto te tenemos tener tengo ti tiempo tiene tienen toda todas todavía todo todos tres tu tú tus un una
    unas uno unos usted va vamos van veces ver vez video vídeo voy y ya yo`,
  ru: `а без более больше будем будет будут бы был была были было быть в вам вас ваш весь вместе во вот все всё всегда всего всех вы
    где говорить год года да даже давайте два дела делать день для до его ее её ей если есть еще ещё же за здесь здравствуйте и из или
    им их к каждый как какие какой какая когда кого конечно которая которого которой которые который которых кто ли либо лучше люди
    людей меня мне много могу может можем можно мои мой мы на над надо нам нас наш не него нее неё нет ни нибудь никогда них ничего но
    ну нужно о об один одна одно около он она они оно опять от очень перед по под пока после потом потому почему почти привет при про
    просто пусть раз с сам свой свои себе себя сегодня сейчас сказать со совсем спасибо стоит так также такая такие такой там тебя тем
    теперь то тобой тогда того тоже только том тот три ту тут ты у уже хорошо хотя хочу чего чем через что чтоб чтобы чуть эта эти это
    этого этой этом этот этому эту этих видео время вещь вещи ваша ваше ваши всем`,
  de: `ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist bisschen da dabei dadurch
    dafür damit danach danke dann daran darauf darum das dass davon dazu dein deine dem den denn der des deshalb die dies diese diesem
    diesen dieser dieses dir doch dort du durch eben ein eine einem einen einer eines einfach einmal er es etwas euch euer eure ganz gar
    geht genau gerade gibt gut habe haben habt hallo hat hatte hatten heute hier hin ich ihm ihn ihnen ihr ihre ihren im immer in ins ist
    ja jahr jahre jede jedem jeden jeder jetzt kann kannst kein keine keinen können könnt könnte lang machen macht mal man mehr mein
    meine meinen mich mir mit muss müssen nach natürlich nein nicht nichts nie noch nun nur ob oder ohne richtig sagen schon sehr sei
    sein seine seinen seit selbst sich sie sieht sind so sogar soll sollte sondern sonst über um und uns unser unsere unter viel viele
    vielen vielleicht vom von vor wann war waren warum was weg weil weiter welche welcher wenig wenn wer werde werden wie wieder will wir
    wird wirklich wissen wo wohl wollen worden wurde wurden würde zeit zu zum zur zwar zwei zwischen video`,
  fr: `à ai ainsi alors an années ans après assez au aucun aujourd'hui aussi autre autres aux avait avant avec avez avoir avons beaucoup
    bien bon bonjour car ce ceci cela celle celui ces cet c'est cette ceux chaque chez chose choses comme comment d'accord dans de
    depuis des deux devant dire dit dois doit donc dont du elle elles en encore enfin ensuite entre es est et étaient était être eu eux
    faire fais fait faut fois font grand gros ici il ils j'ai je jour jours jusque juste l la là laquelle le lequel les leur leurs lors
    lui ma maintenant mais mal me même mêmes merci mes mettre mieux moi moins mon n'est ne ni non nos notre nous on ont ou où oui par
    parce pas pendant petit peu peut peuvent peux plus plutôt pour pourquoi pouvez pouvoir première premier près puis qu'est-ce qu'il
    qu'on quand que quel quelle quelque quelques qui quoi rien sa sans savoir se sera ses si soit son sont sous souvent suis sur ta tel
    temps tes toi ton toujours tous tout toute toutes très trop tu un une va vais vers veut veux vidéo voici voilà voir vont vos votre
    vous vraiment y`,
  pt: `a à ainda além algo alguém algum alguma algumas alguns ali ano anos antes ao aos apenas aquela aquele aqui as às assim até bem boa
    bom cada coisa coisas com como da daquele das de dela dele deles depois desde dessa desse desta deste dia dias disso do dois dos
    durante e é ela elas ele eles em então entre era eram essa essas esse esses está estamos estão estar estava este esta eu faz fazer
    foi for foram gente hoje há isso isto já la lá lhe mais mas me melhor menos mesma mesmo meu minha muita muitas muito muitos na nada
    não nas nem nenhum nessa nesse nesta neste no nos nós nossa nosso num numa nunca o obrigado olá onde os ou outra outras outro outros
    para parte pela pelo pessoas pode podem podemos poder por porque porquê pouco pra primeiro qual quando quanto que quem quer quero
    são se seja sem sempre sendo ser será seu seus sim sobre só somos sou sua suas também tão tem têm temos tempo tenho ter teu tinha
    toda todas todo todos três tu tudo um uma umas uns vai vamos vão ver vez vezes vídeo você vocês vou`,
  it: `a abbiamo abbia ad adesso ai al alcune alcuni alla alle allora altra altre altri altro anche ancora anni anno appena avere avete
    bene bisogna buongiorno c'è che chi ci ciao cioè ciò col come con cosa cose così cui da dal dalla dalle davvero degli dei del
    della delle dello dentro deve di dire dopo dove due dunque e è ecco ed era erano essere fa faccio far fare fatto fino forse fra già
    giorno gli grande grazie ha hai hanno ho i il in infatti insieme invece io la le lei li lo loro lui ma magari mai me meglio meno
    mentre mi mia mie miei mio modo molta molte molti molto ne negli nei nel nella nelle nessuno niente no noi non nostra nostro nulla o
    oggi ogni oppure ora per perché perciò però più po poco poi possiamo possono posso prima proprio può puoi qualche qualcosa quale
    quali quando quanto quasi quella quelle quelli quello questa queste questi questo qui quindi sai sapere se sei sempre senza si sì
    siamo siete solo sono sopra soprattutto sotto sta stato stata sto su sua subito sue sugli sui sul sulla suo suoi tanto te tempo ti
    tra tre troppo tu tua tuo tutta tutte tutti tutto un una uno va vai vedere vediamo verso vi video voi volta volte vostra vostro`,
  zh: `我们 你们 他们 她们 它们 大家 自己 这个 那个 这些 那些 这样 那样 这里 那里 这种 什么 怎么 怎样 为什么 哪里 多少 就是 还是 但是 可是 不是 不会 不能 不要
    可以 可能 应该 需要 没有 因为 所以 如果 虽然 而且 或者 以及 然后 现在 今天 时候 时间 一个 一些 一下 一样 一种 一直 一起 知道 觉得 看到 开始 已经 非常
    很多 其实 比较 真的 东西 事情 问题 视频 之后 之前 通过 进行 使用 还有 并且 这是 那么`,
  ja: `今日 今回 自分 皆さん 一つ 動画 場合 時間 本当 感じ 今 人 方 時 事 物 何 前 後 中 私 僕 彼 彼女 それ これ`,
  th: `ครับ นะครับ ค่ะ และ หรือ แต่ ที่ ใน ของ เป็น มี ได้ ไม่ จะ ให้ ว่า กับ การ ความ นี้ นั้น อะไร เรา ผม คุณ เขา มัน ก็ แล้ว มาก กัน ไป มา คือ โดย จาก ต้อง สวัสดี
    ขอบคุณ วิดีโอ อยู่ ถ้า เพราะ ทำ อย่าง`,
};

const sets = new Map(
  Object.entries(lists).map(([language, words]) => [language, new Set(words.split(/\s+/))]),
);
const all = new Set([...sets.values()].flatMap((words) => [...words]));

/** @param language primary part of a BCP 47 tag; absent: all languages' words together. */
export function stopWords(language: string | undefined): ReadonlySet<string> | undefined {
  return language === undefined ? all : sets.get(language);
}
