"""Words that the lists of names hold but that customers mostly use otherwise."""


def word_set(listed: str) -> frozenset[str]:
    """Return the words of a text that lists them."""
    return frozenset(listed.split())


NO_NAMES = word_set(
    """
    love cash worth link roll park male lady boss bush brain captain delta skip bud wells imo january karma pleasant sunday
    winter wash rice tiny phoenix handy toy rush orange wing press journey bird golden judge king angeles banks lane math
    unique queen august francisco precious cap marry doc bell pepper tea loyal storm german heaven stone justice fed
    miracle pink unknown silver hence harm ham trace victory chip river hunt branch don hill hall van meta burns tab
    treasure alpha con marvel doll irl asia diamond lemon cam cannon ally shade chin era fate ole almond ace kit sunshine
    wood metro champ mart hung tad forest princess windy olympia buck sincere gray bee mayo indie royal echo versa sim bama
    gauge noble council bliss dot urban arch prince junior merry canyon merrily foster babe easter bunk zion blaze lone
    moody thor gee cal laurel graves thos ala whit fleet isis santa ether rod fairy roman colt buster garner deja pleas
    lyric coral duke aura earnest nada cadence icy cielo christ dusty dove kia harden basil valentine made said joke sad mad
    odd till edit mate york owe fancy valid jail lies innocent kick minor server nail arent loan comfort wage corona vid
    forum theres tone til constant fella beta puck bent hella siri harsh darling jet mile slam eta lean ties sayin nazi
    loot lore pastor gal greet rim wolf juul yoga sole cord chi slime fares pier tan mist paw ants tore peer nam ninja saint
    saga apollo nacho inta aud neo uni marine dex roar purity thi ale canal katana were date fee post comment hell weeks cant
    die fair smart fit block snow cook bills beer hug gross dare lie brand tank cares burger fresh pop sales english ring san
    wild cross merchant mall grab wise master held brands lord ban petty asks parts killer kiss grand refs warmer guard cases
    bridge cop bright moon cousin hook pages bite suits grill carrier flowers doe pal junk odds sharp nyc glasses blank bull
    soo lad camp sparks mountain bones bigot lips sellers champagne beard sane shine gut dash cousins brick woods bath walls
    fields steer savage wit bore powers fry curry org reader hills pace bare holder elo freely bond fox pole alas mans stack
    arts hood priest mil cis marks mesa booth bean solar hammer cruise rust singer wal bass drum barber bridges brink rode
    roots camps kidney polo safari flood lamb pope horn funk senator payer noone bail warrior salmon halls knight kink bravo
    moan hay ferry limo nee plank mayor crooks hacker butcher stark handler gamble dam farmer binder bork lira tack winters
    lucid ram downs moss sen contractor sigs herd helm mets char silk tins roach parks chai vain bury den corral french
    american america spanish italian chinese dutch irish scottish british london rey castro lucca tikka gold castle baker
    gardner gates mason page potter sweet short strong little west north east south best better rich young long wall day
    night summer spring autumn black white green blue red field water rain cloud sea lake ocean star shop shops store
    market office house home church bishop abbot chance case cost price price prices pay bank money credit order orders
    service services customer customers support team help please thanks thank hello dear regards sincerely hey okay yes yeah
    nope sorry great good nice bad poor awful terrible horrible excellent amazing awesome fantastic brilliant perfect
    wonderful lovely super cool easy quick fast slow simple useful useless cheap expensive clean dirty friendly helpful
    app apps website online internet phone mobile email mail chat bot agent manager staff driver doctor nurse hotel room
    flight train bus taxi ticket tickets refund delivery parcel package item items product products purchase quality value
    shipping return returns payment card account login password update version android windows apple google amazon facebook
    instagram twitter youtube netflix spotify samsung microsoft sony nokia paypal klarna visa mastercard amex uber lyft
    airbnb booking expedia tripadvisor trustpilot ebay etsy tesco aldi lidl walmart costco target ikea nike adidas puma zara
    mango gap levi levis vans gucci prada dior chanel armani versace dyson philips siemens bosch braun ford tesla mercedes
    honda toyota hilton hyatt marriott sheraton forbes sears kraft kohl macy nordstrom disney alexa cortana alibaba
    barclays lloyds santander halifax monzo starling revolut schwab fidelity vanguard costa starbucks subway wendy domino
    argos boots sainsbury sainsburys morrisons asda waitrose debenhams wickes currys dell asus acer lenovo huawei xiaomi
    adobe oracle cisco intel shein temu wish
    monday tuesday wednesday thursday friday saturday february march july september october november december may
    january mon tue wed thu fri sat sun jan feb mar apr jun jul aug sept oct nov dec
    i he she it we you they me him us them my mine myself so if or as at by in of on to up do go no is am be an a
    mr mrs ms mx dr prof herr frau sra mme mlle okey title secondly firstly thirdly lastly deals dealing developer developers
    the this that these those there here when where why how what who which while with without within then than and but for
    from into onto our ours your yours their theirs his her hers its all any each every some most many much more few less
    both either neither not never ever always often also just only even still yet already again soon later now today
    tomorrow yesterday once twice first second third last next after before during since until because although though
    however therefore otherwise instead maybe perhaps probably actually really very too quite rather almost about above
    across against along among around below beneath beside between beyond down off over past through toward under upon via
    are was were been being have has had having does did done doing can could will would shall should might must let lets
    get got getting give gave given make makes take took taken see saw seen use used using need needs want wants know knew
    think thought feel felt find found try tried keep kept leave left tell told ask asked come came going went gone stop
    start buy bought sell sold send sent call called calls told works worked working waiting wait waited paid sent
    overall disappointed disappointing recommend recommended recommending highly avoid beware scam scammers rubbish
    absolutely definitely totally completely literally honestly seriously unfortunately fortunately basically hopefully
    everything everyone everybody anything anyone nothing nobody something someone somebody whatever whoever
    kid kids mom mum dad mother father son daughter wife husband brother sister boyfriend girlfriend friend friends
    hi ok wow congrats congratulations welp dude guys guy daddy mommy alright anyhow anyway maam ma'am ah oh uh um hmm haha
    yo yep yup nah bro sis well right gotcha understood wait actually also sorry morning afternoon evening night currently
    gentleman ransom selling
    elder angelic infant felicity villa liberty alfredo viking depends admiral chan curley welcome goodbye bye reply answer
    didn doesn isn wasn weren hasn haven hadn wouldn couldn shouldn ain aren mustn needn don won shan
    wisdom discipline hope trust honor honour virtue glory charm hero major minor general private colonel sergeant
    miss mister missus sir madam don dona santo sankt las los del der die das von zur zum und les des une che nel con
    lol omg wtf btw fyi asap faq usa uae eur usd gbp api ios vip vat pin otp url pdf sms gps
    ach aha any are bad ben big bis bye can cut den des dig eat end fan far fix fun gas hit hot ice job key kid lay led let
    lot low man men met mid mix net new nor now nut old one our out own pad pet pin put ran raw red run sea set she sit six
    sky sum ten tie tin tip top try two use van via war was way web wet who win won yes
    add bag bed box boy bug bus bye car cat cup dog door ear egg eye fat fee few fly food foot gym hat head ink leg
    """
)
"""Never taken for a name by themselves, not even where they begin with a capital."""

AMBIGUOUS = word_set(
    """
    mark miles june april robin faith olive joy patience max bob sue frank rose grace ruby drew pat penny candy kitty holly
    ginger jean pearl poppy cherry angel christian art bill will rob nick rich dale dean dawn guy harmony ivy jade jasmine
    melody misty daisy brandy sherry charity destiny eve gay heather iris lily mercy wade ward warren jack gene hunter chase
    lance sterling sunny lucky buddy sage scarlet violet victor brook brooke carol cliff clay crystal earl ray grant
    herb jay jewel kay lee leo marina marvin norm opal otto pierce reed rusty sandy scout sonny trinity val vera walker
    willow woody carrie elvis hope hugo jude lane mac mickey molly polly queen randy rocky romeo rudy sid tom virgil zeus
    jesus allah buddha eden noah job bella madonna major reno mat avery lamar josie mona ida ada ina ana eva lia may mia nan
    smith brown taylor cooper wright clark mason miller carter porter turner fisher fuller gardener harper palmer parker
    piper sawyer shepherd skinner slater tanner tyler weaver wheeler marsh moor rivers brooks heath glen vale abbey monk
    """
)
"""Words as often as names: a capital in the middle of a sentence is needed, and never in lower case."""

RARELY_NAMES = word_set(
    "june april may will hope job major queen mercy lucky sunny art bill gay rich sue faith joy patience charity destiny art "
    "chase grant guy jewel norm max mat avery lamar harmony trinity reno marina jesus allah buddha eden zeus opal pat sage val "
    "abbey moor marsh monk glen vale heath lane major angel christian virgil earl dean pearl sterling hunter porter"
)
"""Of these, those that even a capital in the middle of a sentence does not make a name: "on 5 May", "the Queen"."""

PLACES = word_set(
    """
    london paris berlin rome madrid lisbon vienna dublin oslo stockholm helsinki copenhagen amsterdam brussels milan venice
    florence naples turin barcelona valencia seville athens warsaw prague budapest geneva zurich munich hamburg cologne
    manchester liverpool leeds bristol glasgow edinburgh cardiff belfast oxford cambridge york chester lincoln durham
    boston chicago houston dallas austin denver phoenix seattle portland orlando miami atlanta tampa memphis nashville
    charlotte madison jackson cleveland columbus lansing albany buffalo brooklyn manhattan bronx queens harlem hollywood
    vegas angeles francisco diego antonio jose orleans washington lincoln houston trenton reno mesa aurora monroe kansas
    california texas florida georgia carolina virginia dakota alabama arizona nevada utah ohio iowa maine montana idaho
    sydney melbourne brisbane perth adelaide darwin auckland wellington victoria queensland toronto montreal vancouver
    ottawa calgary delhi mumbai chennai bangalore kolkata lahore karachi dubai doha cairo lagos nairobi jordan israel chad
    cuba kenya india china france spain germany italy ireland england scotland wales britain america africa europe asia
    malaysia singapore manila bangkok hanoi tokyo osaka kyoto seoul beijing shanghai taipei moscow kiev odessa istanbul
    ankara chelsea kensington camden hampton windsor salem bethlehem nazareth jerusalem columbia guadalupe santiago lima
    bogota caracas quito havana kingston nassau halifax hamilton kent essex sussex devon cornwall norfolk suffolk surrey
    everest amazon nile danube rhine termoli molise sahara atlantic pacific mediterranean camino
    """
)
"""Places that are also names of people; being from somewhere is no personal data by itself."""

BRANDS = (
    "john lewis|marks (?:and|&) spencer|taj mahal|tommy hilfiger|michael kors|calvin klein|ralph lauren|ben (?:and|&) jerry"
    "|wells fargo|charles schwab|j\\.? ?p\\.? ?morgan|morgan stanley|edward jones|marc jacobs|kate spade|tom ford|dr\\.? martens"
    "|dr\\.? pepper|mr\\.? porter|mr\\.? price|mrs\\.? fields|paul smith|ted baker|karen millen|laura ashley|betty crocker"
    "|jack daniel|johnnie walker|jim beam|uncle ben|papa john|tim hortons|bob evans|trader joe|victoria['’]?s secret|harry potter"
    "|estee lauder|louis vuitton|christian (?:dior|louboutin)|hugo boss|jimmy choo|jo malone|steve madden|perry ellis"
    "|lands['’]? end|franco sarto|mercedes[ -]benz|merrill lynch|goldman sachs|ernst (?:and|&) young|warren buffett?"
    "|johnson (?:and|&) johnson|procter (?:and|&) gamble|philip morris|air jordan|michael jordan|santa claus|black friday"
    "|mr\\.? bean|mickey mouse|donald trump|joe biden|jeff bezos|elon musk|mark zuckerberg|bill gates|steve jobs"
    "|martin luther king"
)
"""A pattern of brands and public figures that are written like names; whoever writes of them says nothing personal."""
