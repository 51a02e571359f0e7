"""Resource types: those that are read, those known to be of no use here, and what a file's name says it holds."""

from service.fhir.adapt import SUPPORTED

READABLE: frozenset[str] = SUPPORTED | {"Patient", "Medication"}
# The other types of FHIR R4, R4B and R5: a line of one of them hides nothing that is asked for.
# Any other name is a slip.
OTHERS: frozenset[str] = frozenset(
    """
    AccessPolicy AccessPolicyIpAccessRule AccessPolicyResource Account ActivityDefinition ActorDefinition
    AdministrableProductDefinition Agent AgentChannel AgentSetting Appointment AppointmentResponse
    ArtifactAssessment AsyncJob AuditEvent Basic Binary BiologicallyDerivedProduct
    BiologicallyDerivedProductDispense BodyStructure Bot BulkDataExport BulkDataExportDeleted
    BulkDataExportError BulkDataExportOutput Bundle CapabilityStatement CarePlan CareTeam CatalogEntry
    ChargeItem ChargeItemDefinition Citation Claim ClaimResponse ClientApplication ClientApplicationSignInForm
    ClinicalImpression ClinicalUseDefinition CodeSystem Communication CommunicationRequest CompartmentDefinition
    Composition ConceptMap ConditionDefinition Contract Coverage CoverageEligibilityRequest
    CoverageEligibilityResponse DetectedIssue Device DeviceAssociation DeviceDefinition DeviceDispense
    DeviceMetric DeviceRequest DeviceUsage DeviceUseStatement DiagnosticReport DocumentManifest
    DocumentReference DomainConfiguration EffectEvidenceSynthesis EncounterHistory Endpoint EnrollmentRequest
    EnrollmentResponse EpisodeOfCare EventDefinition Evidence EvidenceReport EvidenceVariable ExampleScenario
    ExplanationOfBenefit FamilyMemberHistory Flag FormularyItem GenomicStudy Goal GraphDefinition Group
    GuidanceResponse HealthcareService IdentityProvider ImagingSelection ImagingStudy ImmunizationEvaluation
    ImmunizationRecommendation ImplementationGuide Ingredient InsurancePlan InventoryItem InventoryReport
    Invoice JsonWebKey Library Linkage List Location Login ManufacturedItemDefinition Measure MeasureReport
    Media MedicationKnowledge MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication
    MedicinalProductDefinition MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction
    MedicinalProductManufactured MedicinalProductPackaged MedicinalProductPharmaceutical
    MedicinalProductUndesirableEffect MessageDefinition MessageHeader MolecularSequence NamingSystem
    NutritionIntake NutritionOrder NutritionProduct ObservationDefinition OperationDefinition OperationOutcome
    Organization OrganizationAffiliation PackagedProductDefinition Parameters PasswordChangeRequest
    PaymentNotice PaymentReconciliation Permission Person PlanDefinition Practitioner PractitionerRole Project
    ProjectDefaultProfile ProjectLink ProjectMembership ProjectMembershipAccess ProjectMembershipAccessParameter
    ProjectSetting ProjectSite Provenance Questionnaire QuestionnaireResponse RegulatedAuthorization
    RelatedPerson RequestGroup RequestOrchestration Requirements ResearchDefinition ResearchElementDefinition
    ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest
    Slot SmartAppLaunch Specimen SpecimenDefinition StructureDefinition StructureMap Subscription
    SubscriptionStatus SubscriptionTopic Substance SubstanceDefinition SubstanceNucleicAcid SubstancePolymer
    SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification SupplyDelivery
    SupplyRequest Task TerminologyCapabilities TestPlan TestReport TestScript Transport User UserConfiguration
    UserConfigurationMenu UserConfigurationMenuLink UserConfigurationOption UserConfigurationSearch
    UserSecurityRequest ValueSet VerificationResult ViewDefinition ViewDefinitionConstant ViewDefinitionSelect
    ViewDefinitionSelectColumn ViewDefinitionSelectColumnTag ViewDefinitionWhere VisionPrescription
    """.split()
)
KNOWN = READABLE | OTHERS


def type_named(word: str) -> str | None:
    """The longest type that a file's name begins with: `Observation`, `Conditions`, `ObservationLabs`."""
    return max((each for each in KNOWN if word.startswith(each)), key=len, default=None)
