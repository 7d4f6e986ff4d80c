"""What the demo hospital is made of: buildings, departments, rooms, servers. All of it invented."""

from dataclasses import dataclass

MACHINE_ROOM = "中心机房"
HOSPITAL = ("演示县人民医院", "Demo County People's Hospital")


@dataclass(frozen=True)
class Room:
    """A room, the department that works in it, and how many workstations stand there."""

    floor: int
    name: str
    name_en: str
    department: str
    workstations: int


@dataclass(frozen=True)
class Building:
    """A building with its rooms; `code` begins the asset tags of what stands in it."""

    code: str
    name: str
    name_en: str
    rooms: tuple[Room, ...]


@dataclass(frozen=True)
class Centre:
    """A township health centre with its village clinics, and how many workstations it has."""

    code: str
    name: str
    name_en: str
    clinics: tuple[tuple[str, str], ...]
    workstations: int = 6


@dataclass(frozen=True)
class ServerRole:
    """A server of the machine room: its name, what it does, and its system."""

    name: str
    does: str
    does_en: str
    is_windows: bool = True


#: The 26 departments by Chinese name, with the English one.
DEPARTMENTS = {
    "内科": "Internal medicine",
    "外科": "Surgery",
    "骨科": "Orthopaedics",
    "妇产科": "Obstetrics and gynaecology",
    "儿科": "Paediatrics",
    "急诊科": "Emergency",
    "重症医学科": "Intensive care",
    "手术麻醉科": "Theatres and anaesthesia",
    "口腔科": "Dental",
    "眼科": "Eyes",
    "耳鼻喉科": "Ear, nose and throat",
    "中医科": "Chinese medicine",
    "康复科": "Rehabilitation",
    "体检中心": "Check-ups",
    "检验科": "Laboratory",
    "病理科": "Pathology",
    "放射科": "Radiology",
    "超声科": "Ultrasound",
    "药剂科": "Pharmacy",
    "收费处": "Cashiers",
    "住院处": "Admissions",
    "医务科": "Medical office",
    "护理部": "Nursing office",
    "财务科": "Finance",
    "信息科": "Information department",
    "后勤科": "Facilities",
}

BUILDINGS = (
    Building(
        "MZ",
        "门诊楼",
        "Outpatients",
        (
            Room(1, "收费大厅", "Cashiers", "收费处", 14),
            Room(1, "门诊药房", "Pharmacy", "药剂科", 10),
            Room(1, "急诊大厅", "Emergency", "急诊科", 10),
            Room(2, "内科诊区", "Medicine", "内科", 20),
            Room(2, "外科诊区", "Surgery", "外科", 16),
            Room(3, "妇产科诊区", "Obs and gyn", "妇产科", 18),
            Room(3, "儿科诊区", "Paediatrics", "儿科", 16),
            Room(4, "口腔科诊室", "Dental", "口腔科", 10),
            Room(4, "眼科诊室", "Eyes", "眼科", 8),
            Room(4, "耳鼻喉科诊室", "ENT", "耳鼻喉科", 8),
            Room(5, "体检中心", "Check-ups", "体检中心", 16),
            Room(5, "信息科办公室", "IT office", "信息科", 8),
        ),
    ),
    Building(
        "ZY",
        "住院楼",
        "Inpatients",
        (
            Room(1, "住院处", "Admissions", "住院处", 8),
            Room(1, "住院药房", "Pharmacy", "药剂科", 8),
            Room(1, "重症监护室", "ICU", "重症医学科", 8),
            Room(2, "儿科病区", "Paediatric ward", "儿科", 20),
            Room(3, "产科病区", "Maternity", "妇产科", 18),
            Room(4, "心内科病区", "Cardiology ward", "内科", 22),
            Room(5, "呼吸内科病区", "Respiratory ward", "内科", 22),
            Room(6, "普外科病区", "General surgery ward", "外科", 22),
            Room(7, "骨科病区", "Orthopaedic ward", "骨科", 20),
            Room(7, "康复治疗室", "Rehabilitation", "康复科", 6),
            Room(8, "手术室", "Theatres", "手术麻醉科", 22),
        ),
    ),
    Building(
        "YJ",
        "医技楼",
        "Diagnostics",
        (
            Room(1, "放射科", "Radiology", "放射科", 12),
            Room(1, "超声科", "Ultrasound", "超声科", 6),
            Room(2, MACHINE_ROOM, "Machine room", "信息科", 0),
            Room(3, "检验科", "Laboratory", "检验科", 18),
            Room(4, "病理科", "Pathology", "病理科", 6),
        ),
    ),
    Building(
        "XZ",
        "行政楼",
        "Administration",
        (
            Room(1, "后勤科", "Facilities", "后勤科", 4),
            Room(1, "中医科", "Chinese medicine", "中医科", 6),
            Room(2, "财务科", "Finance", "财务科", 8),
            Room(3, "医务科", "Medical office", "医务科", 8),
            Room(3, "护理部", "Nursing office", "护理部", 6),
        ),
    ),
)

CENTRES = (
    Centre(
        "LQ",
        "龙泉镇卫生院",
        "Longquan health centre",
        (("青山村卫生室", "Qingshan clinic"), ("河口村卫生室", "Hekou clinic")),
    ),
    Centre("BH", "白鹤镇卫生院", "Baihe health centre", (("桥头村卫生室", "Qiaotou clinic"),)),
    Centre("SQ", "石桥乡卫生院", "Shiqiao health centre", (("新建村卫生室", "Xinjian clinic"),)),
    Centre("LX", "柳溪镇卫生院", "Liuxi health centre", (("东升村卫生室", "Dongsheng clinic"),)),
)

SERVERS = (
    ServerRole("HIS-DB-01", "HIS 数据库主机", "HIS database, primary"),
    ServerRole("HIS-DB-02", "HIS 数据库备机", "HIS database, replica"),
    ServerRole("HIS-APP-01", "HIS 应用服务器", "HIS application"),
    ServerRole("HIS-APP-02", "HIS 应用服务器", "HIS application"),
    ServerRole("LIS-SRV-01", "检验服务器", "Laboratory server"),
    ServerRole("PACS-DB-01", "PACS 数据库", "PACS database"),
    ServerRole("PACS-APP-01", "PACS 应用服务器", "PACS application"),
    ServerRole("PACS-ARC-01", "影像归档服务器", "Image archive", is_windows=False),
    ServerRole("EMR-DB-01", "电子病历数据库", "EMR database"),
    ServerRole("EMR-APP-01", "电子病历应用服务器", "EMR application"),
    ServerRole("INS-GW-01", "医保前置机", "Insurance gateway"),
    ServerRole("ESB-01", "集成平台", "Integration platform", is_windows=False),
    ServerRole("BAK-01", "备份服务器", "Backup server", is_windows=False),
    ServerRole("AD-01", "域控制器", "Domain controller"),
    ServerRole("AD-02", "域控制器", "Domain controller"),
    ServerRole("FILE-01", "文件服务器", "File server", is_windows=False),
    ServerRole("AV-01", "防病毒管理服务器", "Antivirus management"),
    ServerRole("WEB-01", "网站和微信服务器", "Website and WeChat", is_windows=False),
)

FAMILY_NAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN_NAMES = (
    "敏",
    "静",
    "丽",
    "强",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "秀兰",
    "建国",
    "志强",
    "晓燕",
    "海波",
    "文静",
)

#: (vendor, model) as ledgers write them.
WORKSTATION_MODELS = (
    ("联想", "启天 M437"),
    ("联想", "启天 M450"),
    ("戴尔", "OptiPlex 3080"),
    ("惠普", "ProDesk 400 G7"),
)
SERVER_MODELS = (("戴尔", "PowerEdge R740"), ("浪潮", "NF5280M5"), ("华为", "RH2288H V3"))
UPS_MODELS = (("山特", "C3KS"), ("山特", "C6KS"), ("艾默生", "GXE 03k"))
PRINTER_MODELS = (("惠普", "LaserJet M405"), ("兄弟", "HL-5590DN"), ("得实", "DS-1860"))
